import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64Url, fromHex, toBase64Url, toHex } from "./encoding.ts";

describe("base64url", () => {
  it("writes what Node writes, and reads it back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });

  it("reads one spelling of each value and no other", () => {
    const anyText = fc.string({ unit: fc.constantFrom(..."AQgwBZaz09-_+/= \n\u0141\u00c1"), maxLength: 9 });
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = fromBase64Url(text);
        if (bytes !== undefined) expect(toBase64Url(bytes)).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    "AA==",
    "AB",
    "AAB",
    "A",
    "AAAAA",
    "A+",
    "A/AA",
    "AA A",
    "AA\n",
    "AA.A",
    "\u0141\u0141\u0141\u0141",
  ])("refuses %j", (text) => expect(fromBase64Url(text)).toBeUndefined());
});

describe("hex", () => {
  it("is read back, in either case", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it.each(["0", "0g", "0x00", " 00", "-1"])("refuses %j", (text) => {
    expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: "hex" }));
  });
});
