import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
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
  /**
   * Takes the SQL of a cluster of that name, which the engine has read whole first, and runs it on plain tables: nothing is replicated. `SYSTEM
   * SYNC REPLICA` does nothing.
   */
  readonly asCluster?: string;
  /** A server's `config.xml`, which the engine reads too; not together with `asCluster`. */
  readonly configPath?: string;
}

/**
 * ClickHouse's engine (chDB's, the newest release) behind ClickHouse's HTTP interface, in a process of its own, not started yet. Its url holds
 * user and password. What a server has and this has not: other protocols, users, sessions (`session_id`), binary formats of inserts, replication.
 */
export async function createLocalClickHouse(options: LocalClickHouseOptions): Promise<LocalEngine> {
  const { directory, keepAliveSeconds = KEEP_ALIVE_SECONDS, asCluster } = options;
  await mkdir(directory, { recursive: true });
  const configPath = asCluster === undefined ? options.configPath : join(directory, "cluster.xml");
  if (asCluster !== undefined) await writeFile(join(directory, "cluster.xml"), clusterXml(asCluster));
  const port = await freePort();
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  const settings = {
    path: join(directory, "data"),
    host: LOOPBACK,
    port,
    user: USER,
    keepAliveSeconds,
    configPath,
    isCluster: asCluster !== undefined,
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

/** Three servers in one shard, none of which is there. */
function clusterXml(name: string): string {
  const replicas = ["a", "b", "c"].map((host) => `<replica><host>${host}</host><port>9000</port></replica>`);
  const shard = `<shard><internal_replication>true</internal_replication>${replicas.join("")}</shard>`;
  return `<clickhouse><remote_servers><${name}>${shard}</${name}></remote_servers></clickhouse>\n`;
}

async function ping(url: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`/ping answers ${response.status}`);
}
