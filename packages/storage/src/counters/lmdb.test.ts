import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { countersContract, describeCountersContract } from "./contract.ts";
import { useRequest } from "./contract-requests.ts";
import type { Counters, UseRequest, UseResult } from "./counters.ts";

async function openLmdbSubject(): Promise<Subject<Counters>> {
  const { path, remove } = await makeTemporaryDirectory();
  const module = new URL("./lmdb.ts", import.meta.url).href;
  return openSubject({ module, name: "openLmdbCounters", options: { path } }, remove);
}

describeCountersContract("lmdb", openLmdbSubject);

test("the contract catches a driver that looks first and counts later", async () => {
  const subject = await openLmdbSubject();
  const counted = new Map<string, number>();
  async function useRacing({ key, member, limit }: UseRequest): Promise<UseResult> {
    const before = counted.get(String(key)) ?? 0;
    await nextTurn();
    if (before >= limit || counted.has(`${key} ${member}`)) return { outcome: "exhausted", uses: before };
    counted.set(String(key), before + 1).set(`${key} ${member}`, 1);
    return { outcome: "reserved", uses: before + 1 };
  }
  const store: Counters = { ...subject.store, use: (requests) => Promise.all(requests.map(useRacing)) };
  const check = countersContract["never goes over the limit, whatever is asked at once"];
  await expect(check?.({ ...subject, store })).rejects.toThrow(/Property failed/);
  await subject.destroy();
});

test("an expiry that does not fit is refused alone, and undoes nothing that is written with it", async () => {
  const { store, destroy } = await openLmdbSubject();
  const unfit = { ...useRequest(2, 1, 1), expiresAtSeconds: 2 ** 32 };
  const outcomes = await Promise.allSettled([store.use([useRequest(1, 1, 1)]), store.use([unfit])]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(await store.use([useRequest(1, 1, 1)])).toEqual([{ outcome: "repeated", uses: 1 }]);
  await destroy();
});
