import { describe, expect, test } from "vitest";
import { findKnee } from "./find-knee.ts";
import type { Shot } from "./open-loop.ts";
import { recoverySeconds, type Summary, summarize } from "./summarize.ts";
import { judge, type Measured, type Step } from "./verdict.ts";

const PER_SECOND = 100;

/** Seconds of shots, each of one kind. */
function shotsOf(seconds: readonly Partial<Shot>[]): Shot[] {
  return seconds.flatMap((kind, second) =>
    Array.from({ length: PER_SECOND }, (_, index) => ({
      dueMs: second * 1_000 + index * (1_000 / PER_SECOND),
      latencyMs: 10,
      status: 202,
      hasRetryAfter: false,
      ...kind,
    })),
  );
}

const SHED = { status: 503, hasRetryAfter: true, latencyMs: 1 };
const GOOD = {};
const SLOW = { latencyMs: 100 };

test("a summary tells apart what was accepted, refused, refused without a word, and not answered", () => {
  const shots = shotsOf([GOOD, SLOW, SHED, { status: 500 }, { status: 0 }]);
  expect(summarize(shots, 5)).toMatchObject({
    offeredPerSecond: 100,
    acceptedPerSecond: 40,
    acceptedShare: 0.4,
    acceptedP50Ms: 10,
    acceptedP99Ms: 100,
    refusedPerSecond: { 503: 20, 500: 20 },
    withoutRetryAfter: 100,
    unanswered: 100,
  });
});

test.each([
  ["at once", [GOOD, GOOD, GOOD], 0],
  ["once nothing is refused", [SHED, SHED, GOOD, GOOD, GOOD], 2],
  ["once nothing is slow", [SLOW, GOOD, GOOD, GOOD], 1],
  ["not in a single good second", [SLOW, GOOD, SLOW, GOOD, SLOW], undefined],
])("a recovery is seen %s", (_, seconds, recovered) => {
  const before = summarize(shotsOf([GOOD]), 1);
  expect(recoverySeconds(shotsOf(seconds), before)).toBe(recovered);
});

test.each([50, 333, 1_000])("a knee at %i a second is found to some per cent", async (kneePerSecond) => {
  const found = await findKnee(async (rate) => {
    const isAbove = rate > kneePerSecond;
    return { acceptedShare: isAbove ? 0.9 : 1, acceptedP99Ms: 10 } as Summary;
  });
  expect(found).toBeLessThanOrEqual(kneePerSecond);
  expect(found).toBeGreaterThan(0.92 * kneePerSecond);
});

test("one bad moment is no knee", async () => {
  let isFirst = true;
  const found = await findKnee(async (rate) => {
    const isBad = isFirst || rate > 500;
    isFirst = false;
    return { acceptedShare: 1, acceptedP99Ms: isBad ? 5_000 : 10 } as Summary;
  });
  expect(found).toBeGreaterThan(450);
});

describe("the verdict", () => {
  const step = (more: Partial<Step>) => ({ peakRssBytes: 1e9, refusedPerSecond: {}, ...more }) as Step;
  const fine: Measured = {
    kneePerSecond: 100,
    before: step({ acceptedP99Ms: 50 }),
    overload: step({
      acceptedP99Ms: 99,
      acceptedPerSecond: 90,
      acceptedShare: 0.45,
      refusedPerSecond: { 503: 110 },
      withoutRetryAfter: 0,
      unanswered: 0,
    }),
    after: step({}),
    recoverySeconds: 1,
  };
  const missed = (more: Partial<Measured>) =>
    judge({ ...fine, ...more }).flatMap(({ isMet }, index) => (isMet ? [] : [index]));

  test("is good when all is met", () => expect(missed({})).toEqual([]));
  test.each([
    ["a refusal of another kind", { refusedPerSecond: { 500: 1, 503: 109 } }, [1]],
    ["nothing refused", { refusedPerSecond: {}, acceptedShare: 1 }, [0, 1]],
    ["a refusal that does not say when", { withoutRetryAfter: 1 }, [1]],
    ["a report without an answer", { unanswered: 1 }, [1]],
    ["a slow acceptance", { acceptedP99Ms: 100 }, [2]],
    ["too few accepted", { acceptedPerSecond: 60 }, [3]],
    ["memory that grows", { peakRssBytes: 1.3e9 }, [5]],
  ])("is bad for %s", (_, more, targets) => {
    expect(missed({ overload: { ...fine.overload, ...more } })).toEqual(targets);
  });
  test("is bad without a recovery in time", () => {
    expect(missed({ recoverySeconds: undefined })).toEqual([4]);
    expect(missed({ recoverySeconds: 11 })).toEqual([4]);
  });
});
