import type { LocalEngine } from "@dit/local";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  addressOf,
  ask,
  freeze,
  type RunningRedis,
  runRedis,
  thaw,
  until,
} from "../../test/running-redis.ts";
import { useRequest } from "./contract-requests.ts";
import type { Counters } from "./counters.ts";
import { counterKey } from "./redis/counter-key.ts";
import { keySlot } from "./redis/key-slot.ts";
import { openRedisCounters } from "./redis.ts";

let running: RunningRedis;
beforeEach(async () => {
  running = await runRedis();
});
afterEach(() => running.stop());

const KEYS = 60;

/** One use of each of many keys. */
const requests = (member: number) => Array.from({ length: KEYS }, (_, key) => useRequest(key, member, 2));

async function outcomes(store: Counters, member: number): Promise<string[]> {
  const results = await store.use(requests(member));
  return [...new Set(results.map(({ outcome, uses }) => `${outcome} ${uses}`))];
}

async function moveSlot(slot: number, from: LocalEngine, to: LocalEngine, nodes: readonly LocalEngine[]) {
  const [fromId, toId] = [
    String(await ask(from, "CLUSTER", "MYID")),
    String(await ask(to, "CLUSTER", "MYID")),
  ];
  const name = String(slot);
  return {
    async begin() {
      await ask(to, "CLUSTER", "SETSLOT", name, "IMPORTING", fromId);
      await ask(from, "CLUSTER", "SETSLOT", name, "MIGRATING", toId);
    },
    async moveKeys() {
      const { host, port } = addressOf(to);
      const keys = await ask(from, "CLUSTER", "GETKEYSINSLOT", name, "100");
      for (const key of Array.isArray(keys) ? keys.map((each) => Buffer.from(each)) : []) {
        await ask(from, "MIGRATE", host, String(port), key, "0", "5000");
      }
    },
    async end() {
      for (const node of [to, from, ...nodes]) await ask(node, "CLUSTER", "SETSLOT", name, "NODE", toId);
    },
  };
}

it("counts on while slots move from node to node", async () => {
  const { nodes } = await running.startCluster();
  const store = await openRedisCounters({ cluster: nodes.slice(0, 1).map(addressOf) });
  expect(await outcomes(store, 1)).toEqual(["reserved 1"]);
  const slots = requests(1).map((request) => keySlot(counterKey("u", request)));
  const [from, to] = nodes;
  if (from === undefined || to === undefined) throw new Error("there are no nodes");
  const own = await Promise.all(
    slots.map(async (slot) => Number(await ask(from, "CLUSTER", "COUNTKEYSINSLOT", String(slot)))),
  );
  const moving = slots.filter((_, index) => own[index] === 1).slice(0, 5);
  const moves = await Promise.all(moving.map((slot) => moveSlot(slot, from, to, nodes)));
  expect(moves).toHaveLength(5);

  for (const move of moves) await move.begin();
  expect(await outcomes(store, 1)).toEqual(["repeated 1"]);
  for (const move of moves) await move.moveKeys();
  expect(await outcomes(store, 2)).toEqual(["reserved 2"]);
  await store.confirm(requests(1));
  for (const move of moves) await move.end();
  expect(await outcomes(store, 1)).toEqual(["confirmed 2"]);
  expect(await outcomes(store, 3)).toEqual(["exhausted 2"]);
  await store.close();
});

it.each(["killed", "frozen"])(
  "finds the replica that took over from a master that was %s, and loses nothing",
  async (how) => {
    const { nodes } = await running.startCluster({
      replicas: 1,
      settings: { "cluster-node-timeout": "1000" },
    });
    const [master] = nodes;
    if (master === undefined) throw new Error("there is no master");
    const options = {
      cluster: nodes.map(addressOf),
      replicas: 1,
      timeoutMs: 3_000,
      replicationTimeoutMs: 2_000,
    };
    const store = await openRedisCounters(options);
    await until(() =>
      store.check().then(
        () => true,
        () => false,
      ),
    );
    expect(await outcomes(store, 1)).toEqual(["reserved 1"]);
    if (how === "killed") await master.kill();
    else freeze(master);
    await expect(store.use(requests(1))).rejects.toThrow(/counters \(redis\)/);
    const other = await openRedisCounters({ ...options, replicas: 0 });
    await until(
      () =>
        outcomes(other, 1).then(
          () => true,
          () => false,
        ),
      90_000,
    );
    expect(await outcomes(other, 1)).toEqual(["repeated 1"]);
    expect(await outcomes(other, 2)).toEqual(["reserved 2"]);
    if (how === "killed") await master.start();
    else thaw(master);
    await until(
      () =>
        store.check().then(
          () => true,
          () => false,
        ),
      90_000,
    );
    expect(await outcomes(store, 2)).toEqual(["repeated 2"]);
    await Promise.all([store.close(), other.close()]);
  },
);
