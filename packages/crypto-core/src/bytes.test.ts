import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as core from "./index.ts";

describe("bytes with a role", () => {
  it.each([
    [core.token, 32],
    [core.mac, 32],
    [core.macKey, 32],
    [core.reportId, 16],
    [core.transcriptDigestBytes, 32],
    [core.element, 32],
    [core.scalar, 32],
    [core.poprfOutput, 64],
    [core.proof, 64],
  ] as const)("%o has %i bytes", (brand, length) => {
    expect(brand(new Uint8Array(length))).toHaveLength(length);
    for (const wrong of [0, length - 1, length + 1]) {
      expect(() => brand(new Uint8Array(wrong))).toThrow(expect.objectContaining({ code: "length" }));
    }
  });
});

describe("equalConstantTime", () => {
  it("is equality", () => {
    const short = fc.uint8Array({ max: 2, maxLength: 3 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        expect(core.equalConstantTime(a, b)).toBe(core.toHex(a) === core.toHex(b));
        expect(core.equalConstantTime(a, a.slice())).toBe(true);
      }),
    );
  });
});
