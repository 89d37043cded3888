import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { killFamily } from "./kill-family.ts";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK, probePort } from "./loopback.ts";
import { nginxPrograms } from "./nginx-programs.ts";
import { layOutNginxSite, type NginxSettings } from "./nginx-site.ts";
import { createProcessEngine } from "./process-engine.ts";
import { startServer } from "./server-process.ts";

/** By the names that apps/edge has for them; what is not given is as in nginx.env. */
export interface LocalNginxLimits {
  readonly ratePerSecond?: number;
  readonly rateBurst?: number;
  /** Of each ingest. */
  readonly maxInFlightRequests?: number;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  readonly keepAliveTimeoutMs?: number;
  readonly maxHeaderBytes?: number;
  readonly upstreamConnectTimeoutMs?: number;
  readonly upstreamTimeoutMs?: number;
}

export interface LocalNginxOptions {
  /** Of its own, and new. */
  readonly directory: string;
  /** Reports are spread over them. */
  readonly ingestUrls: readonly string[];
  readonly edgeSecret: string;
  readonly limits?: LocalNginxLimits;
  /** What it listens on, given a free port of loopback; by default just that. */
  readonly listen?: (port: number) => string;
  /** More of nginx.env, and other values for what is set here. */
  readonly settings?: NginxSettings;
}

export interface LocalNginx extends LocalEngine {
  /** The operator's port. */
  readonly adminUrl: string;
  /** Gets what it prints. */
  readonly logPath: string;
  /** What it says of its configuration. Rejects if it would not start with it. */
  check(): Promise<string>;
}

const run = promisify(execFile);
/** As in every Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const DEFAULT_MAX_IN_FLIGHT = 1_024;

/** The edge that ships as infra/edge/nginx.conf, on Debian's nginx, not started yet. Where this process is root's, it is nobody's. */
export async function createLocalNginx(options: LocalNginxOptions): Promise<LocalNginx> {
  const { directory, listen = (free) => `${LOOPBACK}:${free}` } = options;
  const { server, env, modules } = await nginxPrograms();
  const [port, adminPort] = [await freePort(), await freePort()];
  const runAs = process.getuid?.() === 0 ? NOBODY : undefined;
  const settings = {
    // Seen from where it is started: its user may not be allowed to walk there.
    DIT_EDGE_DIRECTORY: ".",
    DIT_EDGE_PID_FILE: "nginx.pid",
    DIT_EDGE_LISTEN: listen(port),
    DIT_EDGE_ADMIN_LISTEN: `${LOOPBACK}:${adminPort}`,
    ...settingsOf(options),
    ...options.settings,
  };
  await layOutNginxSite({ directory, modules, settings, owner: runAs });
  const logPath = join(directory, "nginx.log");
  const args = ["-p", ".", "-c", "nginx.conf"];
  const engine = createProcessEngine({
    url: `http://${LOOPBACK}:${port}`,
    // Lets requests that run finish.
    stopSignal: "SIGQUIT",
    launch: () =>
      startServer({
        ...{ name: "nginx", command: server, args: [...args, "-g", "daemon off;"], env },
        ...{ cwd: directory, logPath, ...(runAs && { runAs }) },
        // Killed, it would leave its workers behind.
        orphanSignal: "TERM",
        probe: () => probePort(port),
      }),
  });
  const killMaster = engine.kill;
  return Object.assign(engine, {
    adminUrl: `http://${LOOPBACK}:${adminPort}`,
    logPath,
    async kill() {
      await killFamily(engine.pid);
      await killMaster();
    },
    async check() {
      const user = runAs ? [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, "--clear-groups"] : [];
      const { stderr } = await run("setpriv", [...user, "--", server, ...args, "-t"], {
        cwd: directory,
        env,
      });
      return stderr;
    },
  });
}

function settingsOf({ ingestUrls, edgeSecret, limits = {} }: LocalNginxOptions): NginxSettings {
  const { maxInFlightRequests = DEFAULT_MAX_IN_FLIGHT, rateBurst } = limits;
  const servers = ingestUrls.map((url) => `server ${new URL(url).host} max_conns=${maxInFlightRequests};`);
  const given = {
    DIT_EDGE_RATE_PER_SECOND: limits.ratePerSecond,
    // nginx counts those beyond the first.
    DIT_EDGE_RATE_BURST_BEYOND_FIRST: rateBurst === undefined ? undefined : rateBurst - 1,
    DIT_EDGE_HEADERS_TIMEOUT_MS: limits.headersTimeoutMs,
    DIT_EDGE_BODY_TIMEOUT_MS: limits.bodyTimeoutMs,
    DIT_EDGE_KEEP_ALIVE_TIMEOUT_MS: limits.keepAliveTimeoutMs,
    DIT_EDGE_MAX_HEADER_BYTES: limits.maxHeaderBytes,
    DIT_EDGE_UPSTREAM_CONNECT_TIMEOUT_MS: limits.upstreamConnectTimeoutMs,
    DIT_EDGE_UPSTREAM_TIMEOUT_MS: limits.upstreamTimeoutMs,
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    DIT_EDGE_EDGE_SECRET: edgeSecret,
    DIT_EDGE_INGEST_SERVERS: servers.join(" "),
    ...Object.fromEntries(set.map(([name, value]) => [name, String(value)])),
  };
}
