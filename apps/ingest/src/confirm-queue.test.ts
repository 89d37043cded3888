import { ProblemError } from "@dit/service-kit";
import { expect, test } from "vitest";
import { until } from "../test/rig.ts";
import { type ConfirmItem, createConfirmQueue } from "./confirm-queue.ts";

const LIMITS = {
  confirmMaxItems: 3,
  confirmMaxWaitMs: 1,
  confirmMaxQueued: 10,
  confirmBaseBackoffMs: 1,
  confirmMaxBackoffMs: 2,
};

function start(confirm: (items: readonly ConfirmItem[]) => void, limits = LIMITS) {
  const seen = { confirmed: [] as string[], batchSizes: [] as number[], lost: 0, calls: 0 };
  const queue = createConfirmQueue({
    acs: {
      async confirm({ items }) {
        seen.calls++;
        confirm(items);
        seen.batchSizes.push(items.length);
        seen.confirmed.push(...items.map(({ token }) => token));
      },
    },
    limits,
    watch: { run: (_operation, work) => work() },
    onConfirmed: () => undefined,
    onLost: (count) => {
      seen.lost += count;
    },
  });
  const add = (...tokens: string[]) => {
    for (const token of tokens) queue.add({ useCase: "app_usage", keyVersion: 1, epoch: 1, token, mac: "m" });
  };
  return { queue, seen, add };
}

test("confirms everything once, in batches", async () => {
  const { seen, add } = start(() => undefined);
  const tokens = Array.from({ length: 8 }, (_, i) => `t${i}`);
  add(...tokens);
  await until(() => seen.confirmed.length === 8);
  expect(seen.confirmed).toEqual(tokens);
  expect(seen.batchSizes).toEqual([3, 3, 2]);
});

test("tries again until ACS takes it", async () => {
  let failures = 4;
  const { seen, add } = start(() => {
    if (failures-- > 0) throw new ProblemError("dependency_unavailable");
  });
  add("a", "b");
  await until(() => seen.confirmed.length === 2);
  expect(seen.calls).toBe(5);
  expect(seen.lost).toBe(0);
});

test("a batch that ACS will never take does not hold up the others", async () => {
  const { seen, add } = start((items) => {
    if (items.some(({ token }) => token === "poison")) throw new ProblemError("malformed_request");
  });
  add("a", "poison", "b", "c");
  await until(() => seen.confirmed.includes("c"));
  expect(seen.lost).toBe(3);
});

test("forgets the oldest, and counts them, while ACS stays away", async () => {
  const { queue, seen, add } = start(() => {
    throw new ProblemError("dependency_unavailable");
  });
  add(...Array.from({ length: 100 }, (_, i) => `t${i}`));
  await until(() => seen.calls > 3);
  await queue.stop();
  expect(seen.lost).toBe(100);
  expect(seen.confirmed).toEqual([]);
});

test("stopping sends what is queued, and gives up at the first failure", async () => {
  let isDown = false;
  const limits = { ...LIMITS, confirmMaxWaitMs: 60_000 };
  const { queue, seen, add } = start((items) => {
    if (isDown) throw new ProblemError("dependency_unavailable");
    isDown = items.some(({ token }) => token === "last");
  }, limits);
  add("a", "b", "last", "c", "d", "e", "f");
  await queue.stop();
  expect(seen.confirmed).toEqual(["a", "b", "last"]);
  expect(seen.lost).toBe(4);
  expect(seen.calls).toBe(2);
});
