import type { LocalEngine } from "@dit/local";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addressOf, ask, infoOf, type RunningRedis, runRedis } from "../../test/running-redis.ts";
import { openSubject, type Subject } from "../contract/contract.ts";
import { describeCountersContract } from "./contract.ts";
import { useRequest } from "./contract-requests.ts";
import type { Counters } from "./counters.ts";
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
