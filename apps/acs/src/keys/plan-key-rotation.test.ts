import { describe, expect, it } from "vitest";
import type { KeyValidity } from "./key-ring.ts";
import { closedBefore, planKeyRotation } from "./plan-key-rotation.ts";

const schedule = (o: {
  seconds: number;
  graceSeconds: number;
  rotationSeconds: number;
  enabled?: boolean;
}) => ({
  enabled: o.enabled ?? true,
  epoch: { seconds: o.seconds, graceSeconds: o.graceSeconds },
  primaryKey: { rotationSeconds: o.rotationSeconds },
});
const daily = schedule({ seconds: 100, graceSeconds: 30, rotationSeconds: 1_000 });

const key = (keyVersion: number, notBefore: number, notAfter: number): KeyValidity => ({
  keyVersion,
  notBefore,
  notAfter,
});

describe("planKeyRotation", () => {
  it("makes the first pair from the current epoch's start on", () => {
    expect(planKeyRotation([], daily, 4_250)).toEqual([
      { action: "generate", notBefore: 4_200, notAfter: 5_200 },
      { action: "generate", notBefore: 5_200, notAfter: 6_200 },
    ]);
  });

  it("has nothing to do while two keys live", () => {
    const keys = [key(1, 4_200, 5_200), key(2, 5_200, 6_200)];
    for (const now of [4_250, 5_199, 5_200, 5_229]) expect(planKeyRotation(keys, daily, now)).toEqual([]);
  });

  it("destroys a key when its last epoch's grace ends, and generates the next at once", () => {
    expect(planKeyRotation([key(1, 4_200, 5_200), key(2, 5_200, 6_200)], daily, 5_230)).toEqual([
      { action: "destroy", keyVersion: 1 },
      { action: "generate", notBefore: 6_200, notAfter: 7_200 },
    ]);
  });

  it("leaves out the epochs that passed while nobody looked", () => {
    expect(planKeyRotation([key(1, 4_200, 5_200), key(2, 5_200, 6_200)], daily, 9_999)).toEqual([
      { action: "destroy", keyVersion: 1 },
      { action: "destroy", keyVersion: 2 },
      { action: "generate", notBefore: 9_900, notAfter: 10_900 },
      { action: "generate", notBefore: 10_900, notAfter: 11_900 },
    ]);
  });

  it("lets the last grace of a key end even when the next one is late", () => {
    expect(planKeyRotation([key(2, 5_200, 6_200)], daily, 6_210)).toEqual([
      { action: "generate", notBefore: 6_200, notAfter: 7_200 },
    ]);
  });

  it("gives a disabled use case no key, and destroys those it has in their time", () => {
    const disabled = { ...daily, enabled: false };
    expect(planKeyRotation([], disabled, 4_250)).toEqual([]);
    expect(planKeyRotation([key(1, 4_200, 5_200)], disabled, 5_230)).toEqual([
      { action: "destroy", keyVersion: 1 },
    ]);
  });

  it.each([
    { seconds: 100, graceSeconds: 0, rotationSeconds: 200 },
    { seconds: 100, graceSeconds: 99, rotationSeconds: 200 },
    { seconds: 30, graceSeconds: 7, rotationSeconds: 90 },
    { seconds: 100, graceSeconds: 30, rotationSeconds: 1_000 },
  ])("always has one key for this epoch and for the next, and two at most: %o", (times) => {
    const plan = schedule(times);
    let keys: KeyValidity[] = [];
    let version = 0;
    for (let now = 77; now < 77 + 20 * times.rotationSeconds; now++) {
      for (const action of planKeyRotation(keys, plan, now)) {
        if (action.action === "destroy") keys = keys.filter((each) => each.keyVersion !== action.keyVersion);
        else keys.push(key(++version, action.notBefore, action.notAfter));
      }
      expect(keys.length).toBeLessThanOrEqual(2);
      const start = Math.floor(now / times.seconds) * times.seconds;
      for (const epochStart of [start, start + times.seconds]) {
        const epochEnd = epochStart + times.seconds;
        const fits = keys.filter((each) => each.notBefore <= epochStart && epochEnd <= each.notAfter);
        expect(fits, `epoch from ${epochStart} at ${now}`).toHaveLength(1);
      }
    }
  });
});

describe("closedBefore", () => {
  it("is the start of the first epoch that may still redeem", () => {
    expect([4_229, 4_230, 4_299, 4_329, 4_330].map((now) => closedBefore(daily, now))).toEqual([
      4_100, 4_200, 4_200, 4_200, 4_300,
    ]);
    expect(closedBefore(daily, 10)).toBe(0);
  });
});
