import type { LocalEngine } from "@dit/local";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addressOf, ask, infoOf, type RunningRedis, runRedis } from "../../test/running-redis.ts";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeCountersContract } from "./contract.ts";
import { useRequest } from "./contract-requests.ts";
import type { Counters } from "./counters.ts";
import { openLmdbCounters } from "./lmdb.ts";
import { keySlot } from "./redis/key-slot.ts";
import { openRedisCounters, type RedisCountersOptions } from "./redis.ts";

let running: RunningRedis;
let single: LocalEngine;
let replicated: LocalEngine;
let cluster: readonly LocalEngine[];

beforeAll(async () => {
  running = await runRedis();
  single = await running.start();
  replicated = await running.start();
  await running.startReplica(replicated);
  ({ nodes: cluster } = await running.startCluster());
});
afterAll(() => running.stop());

/** The promises are not about time, and the machine may be busy. */
const PATIENCE = { timeoutMs: 15_000, connectTimeoutMs: 15_000, replicationTimeoutMs: 10_000 };

async function openEmpty(
  engines: readonly LocalEngine[],
  given: RedisCountersOptions,
): Promise<Subject<Counters>> {
  const options = { ...given, ...PATIENCE };
  await Promise.all(engines.map((engine) => ask(engine, "FLUSHALL")));
  const module = new URL("./redis.ts", import.meta.url).href;
  return openSubject({ module, name: "openRedisCounters", options }, async () => undefined);
}

describeCountersContract("redis", () => openEmpty([single], { address: addressOf(single) }));
describeCountersContract("redis with a replica that is waited for", () =>
  openEmpty([replicated], { address: addressOf(replicated), replicas: 1 }),
);
describeCountersContract("a redis cluster", () => openEmpty(cluster, { cluster: cluster.map(addressOf) }));

it("answers whatever it is asked as lmdb does", async () => {
  await ask(single, "FLUSHALL");
  const directory = await makeTemporaryDirectory();
  const stores = [
    await openRedisCounters({ address: addressOf(single), ...PATIENCE }),
    await openLmdbCounters({ path: directory.path }),
  ] as const;
  const small = { key: fc.nat(2), member: fc.nat(9), limit: fc.nat(6) };
  const uses = fc.array(fc.record(small), { maxLength: 8 });
  const step = fc.oneof(
    fc.record({ use: uses }),
    fc.record({ confirm: uses }),
    fc.record({ take: fc.record({ key: small.key, amount: fc.nat(3), limit: small.limit }) }),
  );
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      round += 1;
      const requestOf = ({ key, member, limit }: { key: number; member: number; limit: number }) => {
        return useRequest(round * 10 + key, member, limit);
      };
      const answersOf = async (store: Counters) => {
        const answers: unknown[] = [];
        for (const each of steps) {
          if ("use" in each) answers.push(await store.use(each.use.map(requestOf)));
          else if ("confirm" in each) answers.push(await store.confirm(each.confirm.map(requestOf)));
          else
            answers.push(
              await store.take({ ...requestOf({ ...each.take, member: 0 }), amount: each.take.amount }),
            );
        }
        return answers;
      };
      expect(await answersOf(stores[0])).toEqual(await answersOf(stores[1]));
    }),
    { numRuns: 50 },
  );
  await Promise.all(stores.map((store) => store.close()));
  await directory.remove();
});

it("keeps a counter's 64 confirmed uses as an array of numbers, and gives it an end", async () => {
  await ask(single, "FLUSHALL");
  const store = await openRedisCounters({ address: addressOf(single) });
  const requests = Array.from({ length: 64 }, (_, member) => useRequest(1, member, 64));
  await store.use(requests);
  await store.confirm(requests);
  const key = await ask(single, "RANDOMKEY");
  if (!Buffer.isBuffer(key)) throw new Error("there is no counter");
  expect(String(await ask(single, "OBJECT", "ENCODING", key))).toBe("intset");
  expect(await ask(single, "MEMORY", "USAGE", key)).toBeLessThan(800);
  expect(await ask(single, "EXPIRETIME", key)).toBe(requests[0]?.expiresAtSeconds);
  await store.close();
});

it("finds a key's slot as Redis does", async () => {
  const [node] = cluster;
  if (node === undefined) throw new Error("there is no cluster");
  for (const text of ["", "123456789", "{}", "a{b}c", "a{}c{d}", "{{b}}", "}{", "a{b", "{\0}x"]) {
    const key = Buffer.from(text);
    expect([text, keySlot(key)]).toEqual([text, await ask(node, "CLUSTER", "KEYSLOT", key)]);
  }
});

it("spreads its keys over a cluster", async () => {
  await Promise.all(cluster.map((node) => ask(node, "FLUSHALL")));
  const store = await openRedisCounters({ cluster: cluster.slice(0, 1).map(addressOf) });
  await store.use(Array.from({ length: 300 }, (_, key) => useRequest(key, 1, 1)));
  const counted = await Promise.all(cluster.map((node) => ask(node, "DBSIZE")));
  for (const keys of counted) expect(keys).toBeGreaterThan(50);
  await store.check();
  await store.close();
});

it("runs its script where it is not known (any more), each call once", async () => {
  const store = await openRedisCounters({ address: addressOf(single) });
  for (const key of [101, 102]) {
    await ask(single, "SCRIPT", "FLUSH");
    const requests = [1, 2, 2, 3].map((member) => useRequest(key, member, 2));
    expect(await store.use(requests)).toEqual([
      { outcome: "reserved", uses: 1 },
      { outcome: "reserved", uses: 2 },
      { outcome: "repeated", uses: 2 },
      { outcome: "exhausted", uses: 2 },
    ]);
  }
  expect(infoOf(await ask(single, "INFO", "memory"), "number_of_cached_scripts")).toBe("1");
  await store.close();
});
