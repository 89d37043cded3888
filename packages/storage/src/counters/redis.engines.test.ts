import { createLocalRedis, createLocalRedisCluster, type LocalEngine } from "@dit/local";
import { afterAll, beforeAll, describe } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeCountersContract } from "./contract.ts";
import type { Counters } from "./counters.ts";
import { deadlineIn } from "./redis/deadline.ts";
import { createRedisNode } from "./redis/node.ts";
import type { RedisAddress } from "./redis/options.ts";
import type { RedisCountersOptions } from "./redis.ts";

const MODULE = new URL("./redis.ts", import.meta.url).href;

function addressOf({ url }: LocalEngine): RedisAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

async function openEmptySubject(
  engines: readonly LocalEngine[],
  options: RedisCountersOptions,
): Promise<Subject<Counters>> {
  for (const engine of engines) {
    const node = createRedisNode(addressOf(engine), {});
    await node.send([["FLUSHALL"]], deadlineIn(5_000));
    node.disconnect();
  }
  return openSubject({ module: MODULE, name: "openRedisCounters", options: { ...options } }, async () => {});
}

const directory = await makeTemporaryDirectory();
const single = await createLocalRedis({ directory: `${directory.path}/single` });
const cluster = await createLocalRedisCluster({ directory: `${directory.path}/cluster` });
beforeAll(async () => {
  await single.start();
  await cluster.start();
});
afterAll(async () => {
  await single.stop();
  await cluster.stop();
  await directory.remove();
});

describe("redis", () => {
  describeCountersContract("redis", () => openEmptySubject([single], { address: addressOf(single) }));
  describeCountersContract("a redis cluster", () =>
    openEmptySubject(cluster.nodes, { cluster: cluster.nodes.map(addressOf) }),
  );
});
