import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMicroBatcher } from "./micro-batcher.ts";

test("every caller gets the answer to its own item, in batches within their bound, for any pattern of arrival", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      async (waitsMs, maxItems, maxConcurrentBatches) => {
        let away = 0;
        const batcher = createMicroBatcher<number, number>({
          maxItems,
          maxWaitMs: 1,
          maxConcurrentBatches,
          run: async (items) => {
            away++;
            expect(items.length).toBeLessThanOrEqual(maxItems);
            expect(away).toBeLessThanOrEqual(maxConcurrentBatches);
            await delay(1);
            away--;
            return items.map((item) => item * 10);
          },
        });
        const answers = await Promise.all(
          waitsMs.map(async (waitMs, item) => {
            if (waitMs > 0) await delay(waitMs);
            return batcher.submit(item);
          }),
        );
        expect(answers).toEqual(waitsMs.map((_, item) => item * 10));
      },
    ),
    { numRuns: 50 },
  );
});

test("an item that comes while nothing is away waits for nobody but those of its turn", async () => {
  const sizes: number[] = [];
  const batcher = createMicroBatcher<number, number>({
    maxItems: 10,
    maxWaitMs: 2 ** 30,
    maxConcurrentBatches: 2,
    run: async (items) => {
      sizes.push(items.length);
      return items;
    },
  });
  expect(await batcher.submit(1)).toBe(1);
  expect(await Promise.all([batcher.submit(2), batcher.submit(3)])).toEqual([2, 3]);
  expect(sizes).toEqual([1, 2]);
});

test("items that come while a batch is away gather, and leave together when it is back", async () => {
  const sizes: number[] = [];
  const away = Promise.withResolvers<void>();
  const batcher = createMicroBatcher<number, number>({
    maxItems: 10,
    maxWaitMs: 2 ** 30,
    maxConcurrentBatches: 2,
    run: async (items) => {
      sizes.push(items.length);
      await away.promise;
      return items;
    },
  });
  const first = batcher.submit(0);
  await expect.poll(() => sizes, { timeout: 20_000 }).toEqual([1]);
  const others = [1, 2, 3].map((item) => batcher.submit(item));
  await new Promise(setImmediate);
  expect(sizes).toEqual([1]);
  away.resolve();
  expect(await Promise.all([first, ...others])).toEqual([0, 1, 2, 3]);
  expect(sizes).toEqual([1, 3]);
});

test("a batch that fails fails for each of its callers and for no other", async () => {
  const batcher = createMicroBatcher<number, number>({
    maxItems: 2,
    maxWaitMs: 1,
    maxConcurrentBatches: 1,
    run: async (items) => {
      if (items.includes(1)) throw new Error("down");
      return items;
    },
  });
  const settled = await Promise.allSettled([0, 1, 2, 3].map((item) => batcher.submit(item)));
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
});

test("one answer too few is no answer to anybody", async () => {
  const batcher = createMicroBatcher<number, number>({
    maxItems: 2,
    maxWaitMs: 1,
    maxConcurrentBatches: 1,
    run: async (items) => items.slice(1),
  });
  const settled = await Promise.allSettled([0, 1].map((item) => batcher.submit(item)));
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
