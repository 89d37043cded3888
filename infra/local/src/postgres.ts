import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { unpackDebianPackages } from "./debian-package.ts";
import { killFamily } from "./kill-family.ts";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK } from "./loopback.ts";
import { probePostgres } from "./probe-postgres.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

export interface LocalPostgresOptions {
  /** Of its own, and new. */
  readonly directory: string;
  /** As in postgresql.conf, for instance `{ max_wal_size: "64MB" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface LocalPostgres extends LocalEngine {
  /** Where its files are. */
  readonly dataDirectory: string;
  /** Statements by a superuser in the role's database, each on one line. Only while it is stopped. */
  administer(statements: readonly string[]): Promise<void>;
}

interface Cluster {
  readonly programs: string;
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
}

const run = promisify(execFile);
const PACKAGES = [
  "postgresql-15",
  ...["libcom-err2", "libgssapi-krb5-2", "libicu72", "libk5crypto3", "libkeyutils1", "libkrb5-3"],
  ...["libkrb5support0", "libldap-2.5-0", "libpq5", "libsasl2-2", "libssl3", "libxml2"],
];
/** The server refuses to run as root, and asks for the name of the user it runs as: this one every Debian has. */
const NOBODY = { uid: 65_534, gid: 65_534 };
/** The data directory, opened while root: the server's user may not be allowed to walk to it. */
const DATA = "/proc/self/fd/3";
const OPEN_DATA = 'exec "$@" 3<"$0"';
const ROLE = "dit";
const PASSWORD_BYTES = 24;
const PASSWORDS_ONLY = `host all all ${LOOPBACK}/32 scram-sha-256\n`;
/** One that orders text by a language, as most servers do: "a" before "Z". */
const LOCALE = ["--locale=C", "--locale-provider=icu", "--icu-locale=en"];
const DEFAULT_SETTINGS = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: "",
  jit: "off",
  wal_recycle: "off",
};

/** Debian's Postgres 15, set up as docs/OPERATIONS.md has it: a role that owns one database and is no superuser. */
export async function createLocalPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const cluster = { data: join(options.directory, "data"), ...(await findPrograms()) };
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  const port = await freePort();
  await createCluster(cluster, password);
  const settings = Object.entries({ ...DEFAULT_SETTINGS, port, ...options.settings });
  const [command, args] = asServerUser(cluster, "postgres", [
    "-D",
    DATA,
    ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const server = {
    name: "postgres",
    command,
    args,
    env: cluster.env,
    cwd: "/",
    logPath: join(options.directory, "postgres.log"),
    probe: () => probePostgres(port, ROLE),
  };
  let started: ServerProcess | undefined;
  return {
    url: `postgres://${ROLE}:${password}@${LOOPBACK}:${port}/${ROLE}`,
    dataDirectory: cluster.data,
    get pid() {
      if (started?.running !== true) throw new Error("postgres does not run");
      return started.pid;
    },
    async start() {
      started = await startServer(server);
    },
    // Its fast shutdown: SIGTERM would wait until all clients have gone.
    stop: async () => started?.end("SIGINT"),
    async kill() {
      if (started?.running === true) await killFamily(started.pid);
      await started?.end("SIGKILL");
    },
    administer: (statements) => runAlone(cluster, ROLE, statements),
  };
}

async function findPrograms(): Promise<Pick<Cluster, "programs" | "env">> {
  const root = await unpackDebianPackages("postgresql-15", PACKAGES);
  const libraries = join(root, "usr/lib");
  const [architecture = ""] = (await readdir(libraries)).filter((name) => name.endsWith("-linux-gnu"));
  const env = { PATH: process.env.PATH, LC_ALL: "C", LD_LIBRARY_PATH: join(libraries, architecture) };
  return { programs: join(libraries, "postgresql/15/bin"), env };
}

async function createCluster(cluster: Cluster, password: string): Promise<void> {
  const { data, env } = cluster;
  await mkdir(data, { recursive: true, mode: 0o700 });
  if (runsAsRoot()) await chown(data, NOBODY.uid, NOBODY.gid);
  const initialize = ["-D", DATA, "--encoding=UTF8", ...LOCALE, "--username=postgres", "--no-sync"];
  const [command, args] = asServerUser(cluster, "initdb", initialize);
  await run(command, args, { cwd: "/", env });
  await writeFile(join(data, "pg_hba.conf"), PASSWORDS_ONLY);
  await runAlone(cluster, "postgres", [
    `CREATE ROLE ${ROLE} LOGIN PASSWORD '${password}'`,
    `GRANT pg_checkpoint, pg_monitor TO ${ROLE}`,
    `CREATE DATABASE ${ROLE} OWNER ${ROLE}`,
  ]);
  await runAlone(cluster, ROLE, [`GRANT EXECUTE ON FUNCTION pg_switch_wal() TO ${ROLE}`]);
}

async function runAlone(cluster: Cluster, database: string, statements: readonly string[]): Promise<void> {
  const [command, args] = asServerUser(cluster, "postgres", ["--single", "-D", DATA, database]);
  const child = spawn(command, args, { cwd: "/", env: cluster.env, stdio: ["pipe", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  child.stdin.end(statements.map((statement) => `${statement}\n`).join(""));
  await once(child, "close");
  if (child.exitCode !== 0 || /ERROR|FATAL/.test(complaints)) {
    throw new Error(`postgres --single: ${complaints}`);
  }
}

function asServerUser(
  { programs, data }: Cluster,
  program: string,
  args: readonly string[],
): [command: string, args: string[]] {
  const user = [`--reuid=${NOBODY.uid}`, `--regid=${NOBODY.gid}`, "--clear-groups"];
  const privileges = ["setpriv", ...(runsAsRoot() ? user : []), "--pdeathsig=KILL", "--"];
  return ["sh", ["-c", OPEN_DATA, data, ...privileges, join(programs, program), ...args]];
}

function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}
