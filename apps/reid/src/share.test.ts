import fc from "fast-check";
import { expect, it } from "vitest";
import { wilsonShare } from "./share.ts";

it("has the bounds that are published for the Wilson score at 95 %", () => {
  // Newcombe 1998, table I, method 3.
  for (const [hits, sample, lower, upper] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const share = wilsonShare(hits, sample);
    expect(share.lower).toBeCloseTo(lower, 4);
    expect(share.upper).toBeCloseTo(upper, 4);
    expect(share).toMatchObject({ share: hits / sample, sample });
  }
});

it("says nothing of no sample", () => {
  expect(wilsonShare(0, 0)).toEqual({ share: 0, lower: 0, upper: 1, sample: 0 });
});

it("lies around the share, within 0 and 1, and is the mirror image of what is left", () => {
  const counts = fc
    .integer({ min: 1, max: 1_000_000 })
    .chain((sample) => fc.tuple(fc.integer({ min: 0, max: sample }), fc.constant(sample)));
  fc.assert(
    fc.property(counts, ([hits, sample]) => {
      const { share, lower, upper } = wilsonShare(hits, sample);
      const rest = wilsonShare(sample - hits, sample);
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(lower).toBeLessThanOrEqual(share);
      expect(upper).toBeGreaterThanOrEqual(share);
      expect(upper).toBeLessThanOrEqual(1);
      expect(rest.upper).toBeCloseTo(1 - lower, 9);
      expect(wilsonShare(hits * 4, sample * 4).lower).toBeGreaterThanOrEqual(lower - 1e-12);
    }),
  );
});
