import { expect, it } from "vitest";
import { createLagClock } from "./lag-clock.ts";

const at = (committedOffset: number, endOffset: number, partition = 0) => ({
  ...{ topicId: "t", partition, startOffset: 0 },
  committedOffset,
  endOffset,
});

it("counts from the first look that saw the oldest record that waits", () => {
  const lagSeconds = createLagClock();
  expect(lagSeconds(at(0, 0), 0)).toBe(0);
  expect(lagSeconds(at(0, 10), 5_000)).toBe(0);
  expect(lagSeconds(at(0, 10), 10_000)).toBe(5);
  expect(lagSeconds(at(0, 20), 15_000)).toBe(10);
  expect(lagSeconds(at(9, 20), 20_000)).toBe(15);
  expect(lagSeconds(at(10, 20), 25_000)).toBe(10);
  expect(lagSeconds(at(20, 20), 30_000)).toBe(0);
  expect(lagSeconds(at(20, 21), 35_000)).toBe(0);
});

it("keeps partitions apart, and an earlier topic from a later one of its name", () => {
  const lagSeconds = createLagClock();
  lagSeconds(at(0, 10), 0);
  expect(lagSeconds(at(0, 10, 1), 5_000)).toBe(0);
  expect(lagSeconds({ ...at(0, 10), topicId: "u" }, 5_000)).toBe(0);
  expect(lagSeconds(at(0, 10), 5_000)).toBe(5);
});

it("stays exact for the oldest record, and small, while a partition is stuck for a day", () => {
  const lagSeconds = createLagClock();
  for (let second = 0; second <= 86_400; second += 5) {
    expect(lagSeconds(at(0, second + 1), second * 1000)).toBe(second);
  }
  const half = lagSeconds(at(43_200, 86_401), 86_400_000);
  expect(half).toBeGreaterThan(43_000);
  expect(half).toBeLessThanOrEqual(43_200);
});
