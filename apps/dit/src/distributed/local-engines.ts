import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  createLocalClickHouse,
  createLocalKafka,
  createLocalPostgres,
  createLocalRedis,
  type LocalEngine,
} from "@dit/local";
import type { EngineChoice } from "./engine-choice.ts";
import { readLogTail } from "./log-tail.ts";

const ENGINE_NAMES = ["kafka", "clickhouse", "redis", "postgres"] as const;
type EngineName = (typeof ENGINE_NAMES)[number];

/** The servers of a deployment, on this machine's loopback. */
export interface LocalEngines {
  readonly kafka: LocalEngine;
  readonly clickhouse: LocalEngine;
  readonly redis: LocalEngine | undefined;
  readonly postgres: LocalEngine | undefined;
}

const PASSWORD_BYTES = 24;

/** Starts them, each with its data and its log in a directory of its name; what has started is put on `cleanup`. */
export async function startLocalEngines(
  choice: EngineChoice,
  directory: string,
  cleanup: AsyncDisposableStack,
): Promise<LocalEngines> {
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  const start = async (name: EngineName, create: (directory: string) => Promise<LocalEngine>) => {
    await mkdir(join(directory, name), { recursive: true });
    const engine = await create(join(directory, name));
    cleanup.defer(() => engine.stop());
    await engine.start();
    return engine;
  };
  const started = await Promise.allSettled([
    start("kafka", (own) => createLocalKafka({ directory: own })),
    start("clickhouse", (own) => createLocalClickHouse({ directory: own })),
    choice.redis ? start("redis", (own) => createLocalRedis({ directory: own, password })) : undefined,
    choice.postgres ? start("postgres", (own) => createLocalPostgres({ directory: own })) : undefined,
  ]);
  const [kafka, clickhouse, redis, postgres] = started.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
  if (kafka === undefined || clickhouse === undefined)
    throw new Error("there is no event log or no warehouse");
  return { kafka, clickhouse, redis, postgres };
}

/** Those that do not run, each with the end of its log. */
export async function engineFailures(engines: LocalEngines, directory: string): Promise<string[]> {
  const ended = ENGINE_NAMES.filter(
    (name) => engines[name] !== undefined && pidOf(engines[name]) === undefined,
  );
  return await Promise.all(
    ended.map(
      async (name) => `${name} does not run:\n${await readLogTail(join(directory, name, `${name}.log`))}`,
    ),
  );
}

/** Of those that run. */
export function enginePids(engines: LocalEngines): number[] {
  return ENGINE_NAMES.map((name) => pidOf(engines[name])).filter((pid) => pid !== undefined);
}

function pidOf(engine: LocalEngine | undefined): number | undefined {
  try {
    return engine?.pid;
  } catch {
    return undefined;
  }
}
