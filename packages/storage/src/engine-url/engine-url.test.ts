import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineUrlError, parseEngineUrl } from "./engine-url.ts";
import { createUrlParameters } from "./url-parameters.ts";

const SCHEMES = { kafka: 9092, "kafka+tls": 9093 };
const parse = (text: string) => parseEngineUrl(text, SCHEMES);

describe("a URL of an engine", () => {
  it("may name several hosts, with the scheme's port where none is given", () => {
    expect(parse("kafka://b1,b2:19092,[::1]:7/topics?a=1&b=x%26y")).toEqual({
      scheme: "kafka",
      user: undefined,
      password: undefined,
      hosts: [
        { host: "b1", port: 9092 },
        { host: "b2", port: 19_092 },
        { host: "::1", port: 7 },
      ],
      path: "topics",
      parameters: new Map([
        ["a", "1"],
        ["b", "x&y"],
      ]),
    });
    expect(parse("kafka+tls://b1").hosts).toEqual([{ host: "b1", port: 9093 }]);
  });

  it("gives any user and password back that were percent-encoded into it", () => {
    const text = fc.string({ unit: "binary", minLength: 1 }).filter((each) => each.isWellFormed());
    fc.assert(
      fc.property(text, text, (user, password) => {
        const [left, right] = [user, password].map(encodeURIComponent);
        expect(parse(`kafka://${left}:${right}@b1`)).toMatchObject({ user, password });
      }),
    );
  });

  it.each([
    ["", /begins with kafka:\/\/ or kafka\+tls:\/\//],
    ["b1:9092", /begins with/],
    ["KAFKA://b1", /begins with/],
    ["redis://b1", /begins with/],
    ["kafka:b1", /begins with/],
    ["constructor://b1", /begins with/],
    ["kafka://b1#x", /hold no #/],
    ["kafka://", /a host is/],
    ["kafka://b1,", /a host is/],
    ["kafka://b 1", /a host is/],
    ["kafka://b1\n", /a host is/],
    ["kafka://b1:x", /a host is/],
    ["kafka://b1:0", /a port is/],
    ["kafka://b1:65536", /a port is/],
    ["kafka://u:p@ss@b1", /%40/],
    ["kafka://u:p:w@b1", /%3A/],
    ["kafka://u:%zz@b1", /%25/],
    ["kafka://b1?a", /name=value/],
    ["kafka://b1?a=1=2", /name=value/],
    ["kafka://b1?a=1&a=2", /twice/],
  ])("is refused if it is %j", (text, message) => {
    expect(() => parse(text)).toThrow(EngineUrlError);
    expect(() => parse(text)).toThrow(message);
  });

  it("is never quoted, wherever its password ended up", () => {
    const pieces = fc.constantFrom("@", ":", "/", "?", "#", "%", "&", "=", ",", " ");
    const beginnings = fc.constantFrom("hunter2", "12");
    const endings = fc.constantFrom("", "?limit=1");
    let unknownParameters = 0;
    const tell = (text: string) => {
      try {
        createUrlParameters(parse(text).parameters).end();
      } catch (error) {
        if (String(error).includes("not known")) unknownParameters += 1;
        expect(String(error)).not.toContain("hunter2");
      }
    };
    const password = fc.tuple(beginnings, fc.array(pieces, { minLength: 1, maxLength: 4 }), endings);
    fc.assert(
      fc.property(password, ([beginning, marks, ending]) => {
        const rest = marks.map((mark, index) => `${mark}hunter2${index}`).join("");
        tell(`kafka://user:${beginning}${rest}@b1${ending}`);
      }),
      { numRuns: 3_000 },
    );
    expect(unknownParameters).toBeGreaterThan(0);
  });
});

describe("its parameters", () => {
  const of = (query: string) => createUrlParameters(parse(`kafka://b1?${query}`).parameters);

  it("are read as what they are", () => {
    const parameters = of("count=7&flag=true&choice=b&text=x");
    expect(parameters.count("count", { min: 1, max: 7 })).toBe(7);
    expect(parameters.flag("flag")).toBe(true);
    expect(parameters.choice("choice", ["a", "b"])).toBe("b");
    expect(parameters.text("text")).toBe("x");
    expect(parameters.text("absent")).toBeUndefined();
    parameters.end();
  });

  it("are refused if they are something else, or unknown", () => {
    const parameters = of("count=8&flag=yes&choice=c&text=");
    expect(() => parameters.count("count", { min: 1, max: 7 })).toThrow("from 1 to 7");
    expect(() => parameters.flag("flag")).toThrow("true or false");
    expect(() => parameters.choice("choice", ["a", "b"])).toThrow("a or b");
    expect(() => parameters.text("text")).toThrow("not empty");
    expect(() => of("typo=1").end()).toThrow("there are none");
    const one = of("typo=1");
    one.count("limit", { min: 0, max: 1 });
    expect(() => one.end()).toThrow("not known: there are limit");
  });
});
