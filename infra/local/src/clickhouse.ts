import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK } from "./loopback.ts";
import { createProcessEngine } from "./process-engine.ts";
import { startServer } from "./server-process.ts";

const PROGRAM = fileURLToPath(new URL("./clickhouse-server/main.ts", import.meta.url));
const USER = "dit";
const PASSWORD_BYTES = 24;
/** Queries hold a thread of Node's pool each, while the engine works on them. */
const POOL_THREADS = 32;
/** As a server's, unless it is configured: less than some clients keep an idle connection. */
const KEEP_ALIVE_SECONDS = 10;

export interface LocalClickHouseOptions {
  /** Of its own: data and log. */
  readonly directory: string;
  /** After how long a connection that nobody uses is closed. */
  readonly keepAliveSeconds?: number;
  /** Further arguments of the engine, as `clickhouse local` takes them. */
  readonly engineArguments?: readonly string[];
}

/**
 * ClickHouse's engine (chDB's, the newest release) behind ClickHouse's HTTP interface, in a process of its own, not started yet. Its url holds
 * user and password. What a server has and this has not: other protocols, users, sessions (`session_id`), binary formats of inserts, replication.
 */
export async function createLocalClickHouse(options: LocalClickHouseOptions): Promise<LocalEngine> {
  const { directory, keepAliveSeconds = KEEP_ALIVE_SECONDS, engineArguments = [] } = options;
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  const settings = {
    path: join(directory, "data"),
    host: LOOPBACK,
    port,
    user: USER,
    keepAliveSeconds,
    engineArguments,
  };
  return createProcessEngine({
    url: `http://${USER}:${password}@${LOOPBACK}:${port}`,
    stopSignal: "SIGTERM",
    launch: () =>
      startServer({
        name: "clickhouse",
        command: process.execPath,
        args: [PROGRAM, JSON.stringify(settings)],
        env: { ...process.env, CLICKHOUSE_PASSWORD: password, UV_THREADPOOL_SIZE: String(POOL_THREADS) },
        cwd: directory,
        logPath: join(directory, "clickhouse.log"),
        probe: () => ping(`http://${LOOPBACK}:${port}/ping`),
      }),
  });
}

async function ping(url: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`/ping answers ${response.status}`);
}
