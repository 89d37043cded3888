import { createManualClock } from "@dit/service-kit";
import { expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

const limits = { ratePerSecond: 2, rateBurst: 3, maxRateLimitedAddresses: 2 };

function start() {
  const clock = createManualClock(1_000_000);
  return { clock, limiter: createRateLimiter({ clock, limits }) };
}

test("a burst passes, then the rate, and never more than the burst after a pause", () => {
  const { clock, limiter } = start();
  const taken = (count: number) =>
    Array.from({ length: count }, () => limiter.take("a")).filter((wait) => wait === 0).length;
  expect(taken(5)).toBe(3);
  clock.advance(1000);
  expect(taken(5)).toBe(2);
  clock.advance(3_600_000);
  expect(taken(9)).toBe(3);
});

test("a refusal costs nothing and says how long to wait", () => {
  const { clock, limiter } = start();
  for (let i = 0; i < 3; i++) limiter.take("a");
  expect(limiter.take("a")).toBe(1);
  for (let i = 0; i < 100; i++) limiter.take("a");
  clock.advance(500);
  expect(limiter.take("a")).toBe(0);
});

test("a clock that is set back gives nothing away and takes nothing", () => {
  const { clock, limiter } = start();
  limiter.take("a");
  clock.advance(-60_000);
  expect([limiter.take("a"), limiter.take("a"), limiter.take("a")]).toEqual([0, 0, 1]);
});

test("addresses are forgotten when their bucket is full again, and never more remembered than allowed", () => {
  const { clock, limiter } = start();
  for (const address of ["a", "b", "c"]) limiter.take(address);
  expect(limiter.size).toBe(2);
  clock.advance(400);
  limiter.take("c");
  clock.advance(400);
  limiter.forget();
  expect(limiter.size).toBe(1);
  clock.advance(1000);
  limiter.forget();
  expect(limiter.size).toBe(0);
});
