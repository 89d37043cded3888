import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalRedis } from "./redis.ts";
import { createLocalRedisCluster } from "./redis-cluster.ts";
import { redisPrograms } from "./redis-programs.ts";

let directory: string;
const stopping: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-redis-"));
});

afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
  await rm(directory, { recursive: true });
});

async function ask(url: string, ...command: string[]): Promise<string> {
  const { cli } = await redisPrograms();
  const { port, password } = new URL(url);
  const login = password === "" ? [] : ["--no-auth-warning", "-a", decodeURIComponent(password)];
  return cli(["-c", "-p", port, ...login, ...command]);
}

test("a Redis keeps its port and data over a stop and a kill", async () => {
  const redis = await createLocalRedis({ directory });
  stopping.push(() => redis.stop());
  for (const end of [() => redis.stop(), () => redis.kill()]) {
    await redis.start();
    await ask(redis.url, "INCR", "starts");
    await end();
    expect(() => redis.pid).toThrow(/does not run/);
  }
  await redis.start();
  expect(await ask(redis.url, "GET", "starts")).toBe("2");
});

test("a replica has what its master has, behind the same password", async () => {
  const master = await createLocalRedis({ directory: join(directory, "master"), password: "open sesame" });
  stopping.push(() => master.stop());
  await master.start();
  const replica = await createLocalRedis({
    directory: join(directory, "replica"),
    password: "open sesame",
    replicaOf: master,
  });
  stopping.unshift(() => replica.stop());
  await replica.start();
  await ask(master.url, "SET", "key", "value");
  await expect.poll(() => ask(replica.url, "GET", "key"), { timeout: 10_000 }).toBe("value");
  const { cli } = await redisPrograms();
  await expect(cli(["-p", new URL(replica.url).port, "GET", "key"])).rejects.toThrow(/NOAUTH/);
});

test("a cluster serves every slot, also when it was stopped", async () => {
  const cluster = await createLocalRedisCluster({ directory });
  stopping.push(() => cluster.stop());
  await cluster.start();
  const [first] = cluster.nodes;
  for (const key of ["a", "b", "c", "d"]) await ask(first?.url ?? "", "SET", key, key);
  await cluster.stop();
  await cluster.start();
  for (const key of ["a", "b", "c", "d"]) expect(await ask(first?.url ?? "", "GET", key)).toBe(key);
  expect(await ask(first?.url ?? "", "CLUSTER", "INFO")).toContain("cluster_size:3");
});
