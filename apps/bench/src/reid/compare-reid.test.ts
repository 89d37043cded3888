import { expect, it } from "vitest";
import { compareReid } from "./compare-reid.ts";
import type { Measured, MeasuredField } from "./measured-field.ts";

const FIELD: MeasuredField = {
  ...{ field: "model", values: 100, unique: 0.5, rare: 0.6, exposedPids: 0.1, entropyBits: 4 },
};
const measured = (seconds: number, peakBytes: number, field: Partial<MeasuredField> = {}): Measured => ({
  ...{ fields: [{ ...FIELD, ...field }], seconds, cpuSeconds: seconds, peakBytes },
});
const idle: Measured = { fields: [], seconds: 0, cpuSeconds: 0, peakBytes: 300e6 };
const missed = (monitor: Measured, exact = measured(10, 1_300e6)) =>
  compareReid(1_000, { idle, turns: [{ monitor, exact }] })
    .comparisons.filter(({ met }) => !met)
    .map(({ what }) => what);

it("holds the monitor to its speed, its memory above an idle process's, and its error", () => {
  expect(missed(measured(10, 500e6, { values: 104 }))).toEqual([]);
  expect(missed(measured(11, 500e6))).toEqual(["speed"]);
  expect(missed(measured(10, 501e6))).toEqual(["peak above idle"]);
  expect(missed(measured(10, 500e6, { exposedPids: 0.16 }))).toEqual(["largest error"]);
  expect(missed(measured(10, 500e6, { entropyBits: Number.NaN }))).toEqual(["largest error"]);
});

it("misses its target where a field was not measured at all", () => {
  expect(missed({ ...measured(1, 400e6), fields: [] })).toEqual(["largest error"]);
});

it("takes the median of the ratios of turns, and the largest error of any", () => {
  const turns = [1, 2, 20].map((seconds) => ({
    ...{ monitor: measured(seconds, 400e6, { values: 100 + seconds / 10 }), exact: measured(10, 1_300e6) },
  }));
  const { comparisons, errors, met } = compareReid(1_000, { idle, turns });
  expect(comparisons[0]).toMatchObject({ what: "speed", ratio: 5, met: true });
  expect(errors).toEqual([{ field: "model", values: 100, error: expect.closeTo(0.02, 9) }]);
  expect(met).toBe(true);
});
