import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { LocalEngine } from "@dit/local";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  addressOf,
  freeze,
  promoteFrozen,
  type RunningRedis,
  runRedis,
  thaw,
  until,
} from "../../test/running-redis.ts";
import { useRequest } from "./contract-requests.ts";
import type { Counters, UseRequest } from "./counters.ts";
import type { RedisAddress } from "./redis/options.ts";
import { openRedisCounters } from "./redis.ts";

let running: RunningRedis;
beforeEach(async () => {
  running = await runRedis();
});
afterEach(() => running.stop());

const accepts = (store: Counters) =>
  store.check().then(
    () => true,
    () => false,
  );

/** Leads to `address`; what is open when it swallows stays open, and is dead. */
async function openPassage(address: RedisAddress) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(address.port, address.host);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
  });
  server.listen(0, address.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: { ...address, port },
    swallow() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface Acknowledged {
  readonly request: UseRequest;
  readonly atMs: number;
}

const WRITERS = 8;
const USES_PER_CALL = 16;

/** Uses counters that nobody else does, several calls at once. Stop it to have what was acknowledged. */
function startWriting(store: Counters) {
  const acknowledged: Acknowledged[] = [];
  let refusedCalls = 0;
  let isWriting = true;
  const writers = Array.from({ length: WRITERS }, async () => {
    while (isWriting) {
      const requests = Array.from({ length: USES_PER_CALL }, (): UseRequest => {
        return { ...useRequest(0, 0, 1), key: randomBytes(16), member: randomBytes(8) };
      });
      try {
        await store.use(requests);
        const atMs = performance.now();
        acknowledged.push(...requests.map((request) => ({ request, atMs })));
      } catch {
        refusedCalls += 1;
        await new Promise(setImmediate);
      }
    }
  });
  return {
    acknowledged,
    get refusedCalls() {
      return refusedCalls;
    },
    async stop() {
      isWriting = false;
      await Promise.all(writers);
    },
  };
}

/** Those that the store does not know (any more). */
async function lostOf(store: Counters, acknowledged: readonly Acknowledged[]): Promise<Acknowledged[]> {
  const lost: Acknowledged[] = [];
  for (let first = 0; first < acknowledged.length; first += 1_000) {
    const some = acknowledged.slice(first, first + 1_000);
    const results = await store.use(some.map(({ request }) => ({ ...request, limit: 0 })));
    lost.push(...some.filter((_, index) => results[index]?.outcome !== "repeated"));
  }
  return lost;
}

/** Rejections that took this long at most, with their reasons. */
async function refusal(work: () => Promise<unknown>): Promise<{ reason: string; tookMs: number }> {
  const startMs = performance.now();
  const reason = await work().then(() => "not refused", String);
  return { reason, tookMs: performance.now() - startMs };
}

describe("a Redis that is killed", () => {
  it.each([
    // Redis puts off writing while the disk is behind with what it wrote before, for two seconds at most.
    ["everysec", 2_000],
    ["always", 0],
  ])(
    "with appendfsync %s has all that was acknowledged more than %i ms before",
    async (appendfsync, withinMs) => {
      const redis = await running.start({ settings: { appendfsync } });
      const store = await openRedisCounters({ address: addressOf(redis) });
      for (let round = 0; round < 3; round += 1) {
        const writing = startWriting(store);
        await until(async () => writing.acknowledged.length > 2_000);
        await redis.kill();
        const killedAtMs = performance.now();
        await writing.stop();
        expect(writing.refusedCalls).toBeGreaterThan(0);
        await redis.start();
        await until(() => accepts(store));
        const lost = await lostOf(store, writing.acknowledged);
        expect(lost.filter(({ atMs }) => atMs < killedAtMs - withinMs)).toEqual([]);
        if (withinMs === 0) expect(lost).toEqual([]);
      }
      await store.close();
    },
  );
});

describe("a failover to a replica that was stalled", () => {
  async function failOver(replicas: number) {
    const master = await running.start();
    const replica = await running.startReplica(master);
    const store = await openRedisCounters({
      address: addressOf(master),
      replicas,
      replicationTimeoutMs: 100,
    });
    const writing = startWriting(store);
    await until(async () => writing.acknowledged.length > 2_000);
    freeze(replica);
    const before = { acknowledged: writing.acknowledged.length, refused: writing.refusedCalls };
    await until(
      async () =>
        writing.acknowledged.length > before.acknowledged + 5_000 ||
        writing.refusedCalls > before.refused + 20,
    );
    await master.kill();
    await writing.stop();
    await promoteFrozen(replica);
    const after = await openRedisCounters({ address: addressOf(replica) });
    const lost = await lostOf(after, writing.acknowledged);
    await Promise.all([store.close(), after.close()]);
    return { acknowledged: writing.acknowledged.length, lost: lost.length, refused: writing.refusedCalls };
  }

  it("forgets nothing acknowledged if one replica is waited for: what it had not is refused", async () => {
    const { lost, refused } = await failOver(1);
    expect(lost).toBe(0);
    expect(refused).toBeGreaterThan(20);
  });

  it("forgets acknowledged uses otherwise, as this test can tell", async () => {
    expect((await failOver(0)).lost).toBeGreaterThan(100);
  });
});

describe("a use that replicas do not have", () => {
  it("is refused to whoever asks again, until they have it", async () => {
    const master = await running.start();
    const replica = await running.startReplica(master);
    const options = { address: addressOf(master), replicas: 1, replicationTimeoutMs: 100 };
    const patient = await openRedisCounters({ ...options, replicationTimeoutMs: 10_000, timeoutMs: 15_000 });
    const first = await openRedisCounters(options);
    const second = await openRedisCounters(options);
    await patient.use([useRequest(2, 1, 1)]);
    await until(() => accepts(first), 60_000);
    await until(() => accepts(second), 60_000);
    freeze(replica);
    const request = useRequest(1, 1, 1);
    await expect(first.use([request])).rejects.toThrow(/counters \(redis\): 0 of 1 replicas had it in time/);
    await expect(first.use([request])).rejects.toThrow(/0 of 1/);
    await expect(second.use([request])).rejects.toThrow(/0 of 1/);
    await expect(second.confirm([request])).rejects.toThrow(/0 of 1/);
    const third = await openRedisCounters(options);
    await expect(third.confirm([request])).rejects.toThrow(/0 of 1/);
    thaw(replica);
    expect(await patient.use([request])).toEqual([{ outcome: "confirmed", uses: 1 }]);
    await Promise.all([patient, first, second, third].map((store) => store.close()));
  });
});

describe("a connection that never answers again", () => {
  it("is given up for another one", async () => {
    const redis = await running.start();
    const passage = await openPassage(addressOf(redis));
    const store = await openRedisCounters({ address: passage.address, timeoutMs: 2_000 });
    expect(await store.use([useRequest(1, 1, 5)])).toEqual([{ outcome: "reserved", uses: 1 }]);
    passage.swallow();
    await expect(store.use([useRequest(1, 2, 5)])).rejects.toThrow(/took too long/);
    await until(() => accepts(store), 60_000);
    expect(await store.use([useRequest(1, 1, 5)])).toEqual([{ outcome: "repeated", uses: 1 }]);
    await store.close();
    passage.close();
  });
});

describe("a Redis that is away", () => {
  it("is a clear error at once, and none soon after it is back", async () => {
    const redis = await running.start();
    const store = await openRedisCounters({ address: addressOf(redis) });
    await store.use([useRequest(1, 1, 5)]);
    await redis.stop();
    for (let round = 0; round < 3; round += 1) {
      const { reason, tookMs } = await refusal(() => store.use([useRequest(1, 1, 5)]));
      expect(reason).toMatch(/counters \(redis\): (connect ECONNREFUSED|Socket closed)/);
      expect(tookMs).toBeLessThan(5_000);
    }
    await redis.start();
    await until(() => accepts(store), 60_000);
    expect(await store.use([useRequest(1, 1, 5)])).toEqual([{ outcome: "repeated", uses: 1 }]);
    await store.close();
  });

  it("need not be there when the store is opened", async () => {
    const redis: LocalEngine = await running.start();
    await redis.stop();
    const store = await openRedisCounters({ address: addressOf(redis) });
    await expect(store.check()).rejects.toThrow(/counters \(redis\): .*ECONNREFUSED/);
    await redis.start();
    await until(() => accepts(store), 60_000);
    await store.close();
  });

  it("is an error in bounded time if it only does not answer, connected to or not", async () => {
    const redis = await running.start();
    const store = await openRedisCounters({
      address: addressOf(redis),
      timeoutMs: 1_000,
      connectTimeoutMs: 800,
    });
    await until(() => accepts(store));
    freeze(redis);
    for (let round = 0; round < 3; round += 1) {
      const calls = Array.from({ length: 50 }, (_, key) => refusal(() => store.use([useRequest(key, 1, 5)])));
      for (const { reason, tookMs } of await Promise.all(calls)) {
        expect(reason).toMatch(
          /counters \(redis\): (an answer took|connecting took|.* something else on it took) too long$/,
        );
        expect(tookMs).toBeLessThan(8_000);
      }
    }
    thaw(redis);
    await until(() => accepts(store), 60_000);
    const [result] = await store.use([useRequest(1, 1, 5)]);
    expect(["reserved", "repeated"]).toContain(result?.outcome);
    freeze(redis);
    const closing = refusal(() => store.close());
    expect((await closing).tookMs).toBeLessThan(8_000);
  });
});
