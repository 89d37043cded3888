import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK } from "./loopback.ts";
import { createProcessEngine } from "./process-engine.ts";
import { redisPrograms } from "./redis-programs.ts";
import { startServer } from "./server-process.ts";

export interface LocalRedisOptions {
  /** Its data and log. Made if it is not there. */
  readonly directory: string;
  /** It asks for this one; it asks for none where this is not given. */
  readonly password?: string;
  /** Serves TLS alone, with this certificate, and asks its clients for none. */
  readonly tls?: { readonly certificatePath: string; readonly keyPath: string };
  /** It is a replica of this one, which has the same password. */
  readonly replicaOf?: LocalEngine;
  /** A node of a cluster: `createLocalRedisCluster` makes one of several. */
  readonly cluster?: boolean;
  /** More of redis.conf, and other values for what is set here. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One Redis, not started yet. It writes its append-only file once a second, unless `settings` has it otherwise. */
export async function createLocalRedis(options: LocalRedisOptions): Promise<LocalEngine> {
  const { directory, password, tls } = options;
  await mkdir(directory, { recursive: true });
  const programs = await redisPrograms();
  const port = await freePort();
  const settings = { ...serverSettings(options, port, await freePort()), ...options.settings };
  const configPath = join(directory, "redis.conf");
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(configPath, lines.join(""), { mode: 0o600 });
  const ping = ["-p", String(port), ...(tls ? ["--tls", "--insecure"] : []), "PING"];
  return createProcessEngine({
    url: `${tls ? "rediss" : "redis"}://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}${LOOPBACK}:${port}`,
    stopSignal: "SIGTERM",
    launch: () =>
      startServer({
        name: "redis-server",
        command: programs.server,
        args: [configPath],
        env: programs.env,
        cwd: directory,
        logPath: join(directory, "redis.log"),
        // While it loads its data it answers with an error.
        probe: () =>
          programs.cli(password === undefined ? ping : ["--no-auth-warning", "-a", password, ...ping]),
      }),
  });
}

function serverSettings(options: LocalRedisOptions, port: number, busPort: number): Record<string, string> {
  const { directory, password, tls, replicaOf, cluster } = options;
  return {
    bind: LOOPBACK,
    ...(tls ? tlsSettings(tls, port) : { port: String(port) }),
    dir: directory,
    appendonly: "yes",
    appendfsync: "everysec",
    save: '""',
    // A replica's first copy would start five seconds late.
    "repl-diskless-sync-delay": "0",
    ...(password !== undefined && { requirepass: quoted(password), masterauth: quoted(password) }),
    ...(replicaOf && { replicaof: `${LOOPBACK} ${new URL(replicaOf.url).port}` }),
    ...(replicaOf && tls && { "tls-replication": "yes" }),
    // The bus would be ten thousand above the port, which may be taken or beyond the last one.
    ...(cluster && { "cluster-enabled": "yes", "cluster-port": String(busPort) }),
  };
}

function tlsSettings(tls: NonNullable<LocalRedisOptions["tls"]>, port: number): Record<string, string> {
  return {
    port: "0",
    "tls-port": String(port),
    "tls-cert-file": tls.certificatePath,
    "tls-key-file": tls.keyPath,
    "tls-auth-clients": "no",
  };
}

function quoted(value: string): string {
  return JSON.stringify(value);
}
