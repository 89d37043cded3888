import { describe, expect, it } from "vitest";
import { REDEEM_REFUSALS } from "./messages.ts";
import { isProblemCode, PROBLEMS, type ProblemCode, problemDocument } from "./problems.ts";

const codes = Object.keys(PROBLEMS) as ProblemCode[];

describe("the problem registry", () => {
  it.each(codes)("%s is well-formed", (code) => {
    const { status, title, action } = PROBLEMS[code];
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(["retry", "refetch_token", "reauthenticate", "drop"]).toContain(action);
  });

  it("never makes a client drop a report for a failure on our side", () => {
    const lost = codes.filter((code) => PROBLEMS[code].status >= 500 && PROBLEMS[code].action !== "retry");
    expect(lost).toEqual([]);
  });

  it("has each title once, so that a person can tell two refusals apart", () => {
    expect(new Set(codes.map((code) => PROBLEMS[code].title)).size).toBe(codes.length);
  });

  it("has one code, of one status, for every way in which a credential can be wrong", () => {
    expect(codes.filter((code) => /mac|proof|signature|key_unknown|token_invalid/.test(code))).toEqual([]);
    expect(PROBLEMS.credential_invalid).toMatchObject({ status: 401, action: "refetch_token" });
  });

  it("knows every refusal that a redemption can give", () => {
    expect(REDEEM_REFUSALS.filter((code) => !isProblemCode(code))).toEqual([]);
  });

  it("tells codes from everything else", () => {
    expect(codes.every(isProblemCode)).toBe(true);
    for (const other of ["", "Not_found", "toString", "__proto__", undefined, 404, null, ["not_found"]]) {
      expect(isProblemCode(other)).toBe(false);
    }
  });
});

describe("a problem document", () => {
  it("is built from the registry", () => {
    expect(problemDocument("token_exhausted")).toEqual({
      type: "urn:dit:problem:token_exhausted",
      title: PROBLEMS.token_exhausted.title,
      status: 409,
      code: "token_exhausted",
    });
  });

  it("carries detail and problems where they are given", () => {
    const extra = { detail: "a fixed sentence", problems: ["events: no event is declared"] };
    expect(problemDocument("use_case_invalid", extra)).toMatchObject(extra);
  });
});
