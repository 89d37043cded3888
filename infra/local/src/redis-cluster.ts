import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalEngine } from "./local-engine.ts";
import { LOOPBACK } from "./loopback.ts";
import { createLocalRedis, type LocalRedisOptions } from "./redis.ts";
import { redisPrograms } from "./redis-programs.ts";

export interface LocalRedisCluster {
  /** Masters first, each with an equal part of the slots. */
  readonly nodes: readonly LocalEngine[];
  /** Resolves once every slot is served. The first time, it makes the cluster. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The least that redis-cli makes a cluster of. */
const MASTERS = 3;
const FORMED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** Three masters without a password, with `replicas` more each, not started yet. */
export async function createLocalRedisCluster(
  options: Pick<LocalRedisOptions, "directory" | "settings"> & { readonly replicas?: number },
): Promise<LocalRedisCluster> {
  const { directory, settings = {}, replicas = 0 } = options;
  const nodes: LocalEngine[] = [];
  for (let index = 0; index < MASTERS * (1 + replicas); index += 1) {
    nodes.push(
      await createLocalRedis({ directory: join(directory, `node-${index}`), cluster: true, settings }),
    );
  }
  let formed = false;
  return {
    nodes,
    async start() {
      await Promise.all(nodes.map((node) => node.start()));
      if (!formed) await form(nodes, replicas);
      formed = true;
      await untilServing(nodes);
    },
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

async function form(nodes: readonly LocalEngine[], replicas: number): Promise<void> {
  const { cli } = await redisPrograms();
  const addresses = nodes.map((node) => `${LOOPBACK}:${portOf(node)}`);
  const each = ["--cluster-replicas", String(replicas), "--cluster-yes"];
  await cli(["--cluster", "create", ...addresses, ...each]);
}

async function untilServing(nodes: readonly LocalEngine[]): Promise<void> {
  const { cli } = await redisPrograms();
  const deadlineMs = performance.now() + FORMED_WITHIN_MS;
  for (const node of nodes) {
    while (!(await cli(["-p", portOf(node), "CLUSTER", "INFO"])).includes("cluster_state:ok")) {
      if (performance.now() > deadlineMs) throw new Error("the Redis cluster does not serve every slot");
      await sleep(LOOK_EVERY_MS);
    }
  }
}

function portOf(node: LocalEngine): string {
  return new URL(node.url).port;
}
