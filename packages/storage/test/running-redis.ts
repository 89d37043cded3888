import { once } from "node:events";
import { connect } from "node:net";
import {
  createLocalRedis,
  createLocalRedisCluster,
  type LocalEngine,
  type LocalRedisCluster,
  type LocalRedisOptions,
} from "@dit/local";
import { ErrorReply } from "redis";
import { makeTemporaryDirectory } from "../src/contract/temporary-directory.ts";
import { deadlineIn } from "../src/counters/redis/deadline.ts";
import { createRedisNode, type RedisCommand } from "../src/counters/redis/node.ts";
import type { RedisAddress } from "../src/counters/redis/options.ts";

/** Real servers for tests, all gone after `stop`. */
export interface RunningRedis {
  start(options?: Omit<LocalRedisOptions, "directory">): Promise<LocalEngine>;
  /** One more, that has what `master` has. */
  startReplica(master: LocalEngine): Promise<LocalEngine>;
  startCluster(options?: {
    readonly replicas?: number;
    readonly settings?: Readonly<Record<string, string>>;
  }): Promise<LocalRedisCluster>;
  stop(): Promise<void>;
}

const ANSWER_WITHIN_MS = 30_000;

export async function runRedis(): Promise<RunningRedis> {
  const { path, remove } = await makeTemporaryDirectory();
  const started: LocalEngine[] = [];
  const nextDirectory = () => `${path}/${started.length}`;
  async function start(options: Omit<LocalRedisOptions, "directory"> = {}): Promise<LocalEngine> {
    const engine = await createLocalRedis({ ...options, directory: nextDirectory() });
    await engine.start();
    started.push(engine);
    return engine;
  }
  return {
    start,
    async startReplica(master) {
      const replica = await start({ replicaOf: master });
      await until(
        async () => infoOf(await ask(replica, "INFO", "replication"), "master_link_status") === "up",
      );
      return replica;
    },
    async startCluster(options = {}) {
      const cluster = await createLocalRedisCluster({ ...options, directory: nextDirectory() });
      await cluster.start();
      started.push(...cluster.nodes);
      return cluster;
    },
    async stop() {
      for (const engine of started) await engine.kill();
      await remove();
    },
  };
}

export function addressOf({ url }: LocalEngine): RedisAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** Asks as an operator would; rejects if it is refused. */
export async function ask(engine: LocalEngine, ...command: RedisCommand): Promise<unknown> {
  const node = createRedisNode(addressOf(engine), {});
  try {
    const [reply] = await node.send([command], deadlineIn(ANSWER_WITHIN_MS));
    if (reply instanceof ErrorReply) throw reply;
    return reply;
  } finally {
    node.disconnect();
  }
}

/** The value of one of the lines that INFO answers. */
export function infoOf(info: unknown, name: string): string | undefined {
  const lines = String(info).split("\r\n");
  return lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
}

/** It takes connections and bytes, and does nothing with them. */
export function freeze({ pid }: LocalEngine): void {
  process.kill(pid, "SIGSTOP");
}

/**
 * Lets a frozen replica go on as a master of its own. It finds the order waiting, as if that had come right after the old master was
 * lost: most of what that one sent meanwhile is lost with it.
 */
export async function promoteFrozen(replica: LocalEngine): Promise<void> {
  const { host, port } = addressOf(replica);
  const socket = connect(port, host);
  await once(socket, "connect");
  await new Promise<void>((resolve) => socket.write("REPLICAOF NO ONE\r\n", () => resolve()));
  thaw(replica);
  await once(socket, "data");
  socket.destroy();
}

export function thaw({ pid }: LocalEngine): void {
  process.kill(pid, "SIGCONT");
}

/** Waits until it holds. */
export async function until(holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error("it did not come to hold in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
