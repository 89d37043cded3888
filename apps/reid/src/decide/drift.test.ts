import { expect, it } from "vitest";
import { driftOf, judgeDrift, type Series } from "./drift.ts";

const steady = (windows: number): Series[] =>
  Array.from({ length: windows }, (_, index) => ({
    values: 1_000 + (index % 3),
    entropyBits: 6 + (index % 2) / 100,
  }));

it("sees a field that tells more, or less, than it has", () => {
  expect(driftOf({ values: 1_000, entropyBits: 9 }, steady(28))).toBeCloseTo(3, 1);
  expect(driftOf({ values: 1_000, entropyBits: 2 }, steady(28))).toBeCloseTo(-4, 1);
  expect(driftOf({ values: 8_000, entropyBits: 6 }, steady(28))).toBeCloseTo(3, 1);
});

it("takes less than a bit for a quiet day or a busy one", () => {
  expect(driftOf({ values: 1_900, entropyBits: 6.9 }, steady(28))).toBeUndefined();
});

it("allows a field that goes up and down as much as it does", () => {
  const restless = Array.from({ length: 28 }, (_, index) => ({
    values: 1_000,
    entropyBits: 6 + (index % 5),
  }));
  expect(driftOf({ values: 1_000, entropyBits: 11 }, restless)).toBeUndefined();
  expect(driftOf({ values: 1_000, entropyBits: 20 }, restless)).toBeCloseTo(12, 1);
});

it("says nothing before there are seven windows, and looks back at 28", () => {
  const now = { values: 1_000, entropyBits: 12 };
  expect(driftOf(now, steady(6))).toBeUndefined();
  expect(driftOf(now, steady(7))).toBeCloseTo(6, 1);
  const since = Array.from({ length: 28 }, () => now);
  expect(driftOf(now, [...steady(100), ...since])).toBeUndefined();
});

it("is something to look at, and never blocks", () => {
  expect(judgeDrift(-40)).toMatchObject({ level: "warn", value: { share: 40 } });
  expect(judgeDrift(undefined)).toMatchObject({ level: "fine", value: { share: 0 } });
});
