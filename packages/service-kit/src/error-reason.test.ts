import { describe, expect, it } from "vitest";
import { errorReason } from "./error-reason.ts";
import { ProblemError } from "./problem-error.ts";

class TornPageError extends Error {}

const withCode = (code: unknown) => Object.assign(new Error("alice@example.com"), { code });

describe("the reason of an error", () => {
  it.each([
    ["a system error's code", withCode("ECONNREFUSED"), "ECONNREFUSED"],
    ["a problem's code", new ProblemError("overloaded"), "overloaded"],
    ["the class", new TypeError("alice"), "TypeError"],
    ["the class of one's own", new TornPageError("alice"), "TornPageError"],
    ["the name of a DOMException", new DOMException("alice", "TimeoutError"), "TimeoutError"],
    [
      "the code behind fetch's TypeError",
      new TypeError("fetch failed", { cause: withCode("ENOTFOUND") }),
      "ENOTFOUND",
    ],
    [
      "why a dependency is unavailable",
      new ProblemError("dependency_unavailable", { cause: withCode("ECONNRESET") }),
      "ECONNRESET",
    ],
    ["the class, if the code is free text", withCode("no user alice"), "Error"],
    ["the class, if the code is an address", withCode("203.0.113.9"), "Error"],
    ["the class, if the code is a number", withCode(23505), "Error"],
    ["nothing, for what is no error", "alice@example.com", "not_an_error"],
    ["nothing, for undefined", undefined, "not_an_error"],
  ])("is %s", (_, error, reason) => {
    expect(errorReason(error)).toBe(reason);
  });

  it("is never free text put into a name", () => {
    expect(errorReason(Object.assign(new Error(), { name: "alice@example.com" }))).toBe("Error");
  });
});
