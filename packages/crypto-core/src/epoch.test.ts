import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochAt, epochEndSeconds, epochStartSeconds, isIssuable, isRedeemable } from "./epoch.ts";

const DAY = 86400;
const EPOCH = 20000;
const START = EPOCH * DAY;

describe("epoch", () => {
  it("holds every instant from its start up to, and not including, its end", () => {
    const epochLength = fc.integer({ min: 1, max: 10 * DAY });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), epochLength, (now, epochSeconds) => {
        const epoch = epochAt(now, epochSeconds);
        expect(epochStartSeconds(epoch, epochSeconds)).toBeLessThanOrEqual(now);
        expect(epochEndSeconds(epoch, epochSeconds)).toBeGreaterThan(now);
        expect(epochEndSeconds(epoch, epochSeconds)).toBe(epochStartSeconds(epoch + 1, epochSeconds));
      }),
    );
  });

  it("takes fractions of a second", () => {
    expect(epochAt(START - 0.001, DAY)).toBe(EPOCH - 1);
    expect(epochAt(START, DAY)).toBe(EPOCH);
  });

  it.each([
    [-1, DAY],
    [Number.NaN, DAY],
    [Number.POSITIVE_INFINITY, DAY],
    [0, 0],
    [0, -DAY],
    [0, 0.5],
    [0, Number.NaN],
  ])("refuses the instant %d with epochs of %d s", (now, epochSeconds) => {
    expect(() => epochAt(now, epochSeconds)).toThrow(expect.objectContaining({ code: "range" }));
  });
});

describe("isRedeemable", () => {
  const at = (epoch: number, nowSeconds: number, graceSeconds = 3600) =>
    isRedeemable({ epoch, epochSeconds: DAY, graceSeconds, nowSeconds });

  it.each([
    ["current, first second", EPOCH, START, true],
    ["current, last second", EPOCH, START + DAY - 1, true],
    ["previous, last second of its grace", EPOCH - 1, START + 3599, true],
    ["previous, grace over", EPOCH - 1, START + 3600, false],
    ["next, a second early", EPOCH + 1, START + DAY - 1, false],
    ["two back, first second", EPOCH - 2, START, false],
    ["no epoch at all", Number.NaN, START, false],
  ])("%s", (_name, epoch, now, expected) => expect(at(epoch, now)).toBe(expected));

  it("knows no grace of zero seconds and none beyond one epoch", () => {
    expect(at(EPOCH - 1, START, 0)).toBe(false);
    expect(at(EPOCH - 1, START + DAY - 1, 10 * DAY)).toBe(true);
    expect(at(EPOCH - 2, START, 10 * DAY)).toBe(false);
  });
});

describe("isIssuable", () => {
  it.each([
    [EPOCH - 1, false],
    [EPOCH, true],
    [EPOCH + 1, true],
    [EPOCH + 2, false],
    [Number.NaN, false],
  ])("epoch %d", (epoch, expected) => {
    expect(isIssuable({ epoch, epochSeconds: DAY, nowSeconds: START })).toBe(expected);
    expect(isIssuable({ epoch, epochSeconds: DAY, nowSeconds: START + DAY - 1 })).toBe(expected);
  });
});
