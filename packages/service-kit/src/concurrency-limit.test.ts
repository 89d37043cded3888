import { describe, expect, test } from "vitest";
import { type Phase, type PhaseResult, playPhases } from "../test/queue-model.ts";
import { createConcurrencyLimit } from "./concurrency-limit.ts";

const SERVICE_MS = 2;
const CAPACITY_PER_SECOND = 1_000 / SERVICE_MS;
const BOUNDS = { min: 8, max: 2_048 };
/** A store's answer, for which nobody has to queue. */
const STORE_MS = 50;

function load(share: number, seconds: number, more: Partial<Phase> = {}): Phase {
  return { seconds, ratePerSecond: share * CAPACITY_PER_SECOND, serviceMs: SERVICE_MS, ...more };
}

function play(phases: readonly [Phase, ...Phase[]], settleSeconds?: number): PhaseResult {
  const results = playPhases(createConcurrencyLimit(BOUNDS), phases, settleSeconds);
  const last = results.at(-1);
  if (last === undefined) throw new Error("nothing was played");
  return last;
}

describe.each([
  ["a worker alone", 0],
  ["a worker and a slow store", STORE_MS],
])("with %s", (_, besidesMs) => {
  const steady = load(0.7, 30, { besidesMs });
  const overload = load(2, 15, { besidesMs });

  test("what the worker can do is let in", () => {
    expect(play([steady, steady]).shedShare).toBeLessThan(0.005);
  });

  test("twice of it is shed by half, without the others waiting twice as long", () => {
    const before = play([steady]);
    const during = play([steady, overload]);
    expect(during.shedShare).toBeGreaterThan(0.4);
    expect(during.acceptedPerSecond).toBeGreaterThan(0.9 * CAPACITY_PER_SECOND);
    expect(during.p99Ms).toBeLessThan(2 * before.p99Ms);
  });

  test("ten times of it too, once that is noticed", () => {
    const before = play([steady]);
    const during = play([steady, load(10, 15, { besidesMs })], 1);
    expect(during.acceptedPerSecond).toBeGreaterThan(0.9 * CAPACITY_PER_SECOND);
    expect(during.p99Ms).toBeLessThan(2 * before.p99Ms);
  });

  test("two seconds after it is over all are let in again", () => {
    expect(play([steady, overload, steady], 2).shedShare).toBeLessThan(0.01);
  });

  test("in an overload of four minutes the queue does not become its own measure", () => {
    // No piece of work is so much faster than others that it could be taken for one that was alone.
    const minutes = load(2, 60, { besidesMs, isEven: true });
    const first = play([steady, minutes], 5);
    const fourth = play([steady, load(2, 180, { besidesMs, isEven: true }), minutes], 5);
    expect(fourth.p50Ms).toBeLessThan(1.5 * first.p50Ms);
    expect(fourth.acceptedPerSecond).toBeGreaterThan(0.8 * CAPACITY_PER_SECOND);
  });
});

test("a few at once are let in however long they take", () => {
  const stuck = load(0.004, 60, { besidesMs: 1_000 });
  expect(play([load(2, 15), stuck]).shedShare).toBe(0);
});

test("a store that is slower for good is no queue, after a minute", () => {
  const slower = { besidesMs: 10 * STORE_MS };
  const phases = [load(0.7, 30, { besidesMs: STORE_MS }), load(0.7, 120, slower)] as const;
  expect(play([...phases], 80).shedShare).toBeLessThan(0.01);
});

test("a store that was away for a while is forgotten as soon as it is back", () => {
  const away = load(0.7, 10, { besidesMs: 10_000 });
  expect(play([load(0.7, 30), away, load(0.7, 30)], 11).shedShare).toBeLessThan(0.01);
});

test("a moment in which the processor was elsewhere turns nobody away", () => {
  const limit = createConcurrencyLimit(BOUNDS);
  let nowMs = 0;
  const windowOf = (latencyMs: number) => {
    nowMs += 100;
    for (let each = 0; each < 5; each++) limit.observe({ latencyMs, inFlight: 20, nowMs });
  };
  for (let times = 0; times < 10; times++) windowOf(5);
  windowOf(200);
  expect(limit.current).toBe(20);
  windowOf(5);
  expect(limit.current).toBeGreaterThan(20);
  windowOf(200);
  windowOf(200);
  expect(limit.current).toBe(BOUNDS.min);
});

test("the most is never exceeded, and may be less than the least", () => {
  const limit = createConcurrencyLimit({ min: 8, max: 1 });
  playPhases(limit, [load(0.7, 60), load(2, 60)]);
  expect(limit.current).toBe(1);
});
