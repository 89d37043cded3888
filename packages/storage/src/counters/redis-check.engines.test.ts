import type { LocalEngine } from "@dit/local";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addressOf, ask, type RunningRedis, runRedis } from "../../test/running-redis.ts";
import { useRequest } from "./contract-requests.ts";
import { openRedisCounters, type RedisCountersSettings } from "./redis.ts";

let running: RunningRedis;
let redis: LocalEngine;

beforeAll(async () => {
  running = await runRedis();
  redis = await running.start();
});
afterAll(() => running.stop());

/** The reason that `check` gives; undefined if it is content. */
async function checkWith(settings: RedisCountersSettings = {}, engine = redis): Promise<string | undefined> {
  const store = await openRedisCounters({ address: addressOf(engine), ...settings });
  try {
    return await store.check().then(() => undefined, String);
  } finally {
    await store.close();
  }
}

async function withSetting<T>(name: string, value: string, work: () => Promise<T>): Promise<T> {
  const found = await ask(redis, "CONFIG", "GET", name);
  const before = Object.entries(Object(found)).map(([, each]) => String(each))[0];
  await ask(redis, "CONFIG", "SET", name, value);
  try {
    return await work();
  } finally {
    await ask(redis, "CONFIG", "SET", name, before ?? "");
  }
}

it("is content with a Redis that keeps what it is told", async () => {
  expect(await checkWith()).toBeUndefined();
});

it.each(["allkeys-lru", "volatile-lru", "allkeys-random", "volatile-ttl"])(
  "refuses a Redis that evicts: %s",
  async (policy) => {
    const reason = await withSetting("maxmemory-policy", policy, () => checkWith());
    expect(reason).toBe(
      `RedisCountersError: counters (redis): it would evict counters and count them from nothing (maxmemory_policy is ${policy}, not noeviction)`,
    );
  },
);

it("refuses a Redis without an append-only file, unless told that replicas are enough", async () => {
  await withSetting("appendonly", "no", async () => {
    expect(await checkWith()).toMatch(/would forget counters when it restarts \(aof_enabled is 0, not 1\)/);
    expect(await checkWith({ requireAppendOnlyFile: false })).toBeUndefined();
  });
});

it("refuses a Redis that is full", async () => {
  await withSetting("maxmemory", "1", async () => {
    expect(await checkWith()).toMatch(/OOM command not allowed/);
    const store = await openRedisCounters({ address: addressOf(redis) });
    await expect(store.use([useRequest(1, 1, 1)])).rejects.toThrow(/OOM/);
    await store.close();
  });
});

it("says why in one word too, for those who see no messages", async () => {
  const codeNow = async (settings = {}, engine = redis) => {
    const store = await openRedisCounters({ address: addressOf(engine), timeoutMs: 5_000, ...settings });
    const error: unknown = await store.check().catch((reason: unknown) => reason);
    await store.close();
    return error instanceof Error && "code" in error ? error.code : error;
  };
  expect(await withSetting("maxmemory-policy", "allkeys-lru", () => codeNow())).toBe("evicts_counters");
  expect(await withSetting("appendonly", "no", () => codeNow())).toBe("no_append_only_file");
  expect(await withSetting("maxmemory", "1", () => codeNow())).toBe("OOM");
  expect(await codeNow({ replicas: 1, replicationTimeoutMs: 50 })).toBe("too_few_replicas");
  expect(await codeNow({ nowSeconds: () => 0 })).toBe("clocks_differ");
  expect(await codeNow({ user: "nobody", password: "wrong" })).toBe("WRONGPASS");
  const away = await running.start();
  await away.stop();
  expect(await codeNow({}, away)).toBe("ECONNREFUSED");
});

it("refuses a Redis whose replicas do not follow, or that is one itself", async () => {
  const master = await running.start();
  const settings = { replicas: 1, replicationTimeoutMs: 200 };
  const patient = { replicas: 1, replicationTimeoutMs: 10_000, timeoutMs: 15_000 };
  expect(await checkWith(settings, master)).toMatch(/0 of 1 replicas had it in time/);
  const replica = await running.startReplica(master);
  expect(await checkWith(patient, master)).toBeUndefined();
  expect(await checkWith({}, replica)).toMatch(/READONLY/);
});

it("refuses a Redis whose clock is another", async () => {
  const shifted = (bySeconds: number) => checkWith({ nowSeconds: () => Date.now() / 1_000 + bySeconds });
  expect(await shifted(400)).toMatch(/its clock is (400|401) s behind this machine's/);
  expect(await shifted(-400)).toMatch(/its clock is (399|400) s ahead of this machine's/);
  expect(await shifted(200)).toBeUndefined();
  expect(await shifted(-200)).toBeUndefined();
});

it("refuses what has expired by either clock, and counts none of it", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const late = await openRedisCounters({ address: addressOf(redis), nowSeconds: () => now - 1_000 });
  const early = await openRedisCounters({ address: addressOf(redis), nowSeconds: () => now + 1_000 });
  for (const [store, expiresAtSeconds] of [
    [late, now - 1],
    [early, now + 999],
  ] as const) {
    const request = { ...useRequest(7, 1, 5), expiresAtSeconds };
    for (let round = 0; round < 2; round += 1) {
      expect(await store.use([request])).toEqual([{ outcome: "exhausted", uses: 0 }]);
      expect(await store.take({ ...request, amount: 1 })).toEqual({ granted: false, remaining: 0 });
      await store.confirm([request]);
    }
    await store.close();
  }
  const kept = await openRedisCounters({ address: addressOf(redis) });
  const [result] = await kept.use([{ ...useRequest(7, 2, 5), expiresAtSeconds: now + 999 }]);
  expect(result).toEqual({ outcome: "reserved", uses: 1 });
  await kept.close();
});

it("refuses a wrong password, and keeps it to itself", async () => {
  const locked = await running.start({ password: "correct horse" });
  expect(await checkWith({ password: "correct horse" }, locked)).toBeUndefined();
  expect(await checkWith({}, locked)).toMatch(/NOAUTH/);
  const reason = await checkWith({ password: "battery staple" }, locked);
  expect(reason).toMatch(/WRONGPASS/);
  expect(reason).not.toMatch(/battery|staple/);
});

it("says that a server which is a cluster's node was not said to be one", async () => {
  const { nodes } = await running.startCluster();
  const stores = await Promise.all(nodes.map((node) => openRedisCounters({ address: addressOf(node) })));
  const results = await Promise.allSettled(stores.map((store) => store.use([useRequest(1, 1, 1)])));
  const reasons = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  expect(reasons).toHaveLength(nodes.length - 1);
  for (const reason of reasons) expect(reason).toMatch(/a node of a cluster, and was not said to be one/);
  await Promise.all(stores.map((store) => store.close()));
});
