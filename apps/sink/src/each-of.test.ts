import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { eachOf } from "./each-of.ts";

it("works on as many at once as it may, in order", async () => {
  const running = new Set<number>();
  const begun: number[] = [];
  let most = 0;
  await eachOf([0, 1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    running.add(item);
    most = Math.max(most, running.size);
    await sleep(item % 2);
    running.delete(item);
  });
  expect([begun, most]).toEqual([[0, 1, 2, 3, 4], 2]);
});

it("begins nothing after a failure, and tells of it once what was under way has ended", async () => {
  const seen: string[] = [];
  const slow = Promise.withResolvers<void>();
  const all = eachOf(["slow", "refused", "third"], 2, async (item) => {
    seen.push(item);
    if (item === "refused") throw new Error("refused");
    await slow.promise;
    seen.push(`${item} ended`);
  }).catch((error: Error) => seen.push(error.message));
  await sleep(20);
  expect(seen).toEqual(["slow", "refused"]);
  slow.resolve();
  await all;
  expect(seen).toEqual(["slow", "refused", "slow ended", "refused"]);
});
