import {
  createAdminApp,
  createTicker,
  errorReason,
  type HttpServer,
  listen,
  type Service,
} from "@dit/service-kit";
import type { Hono } from "hono";
import manifest from "../package.json" with { type: "json" };
import { createAcs } from "./app.ts";
import type { AcsContext } from "./context.ts";

export interface AcsService extends Service {
  /** Serves with or without sockets. */
  readonly app: Hono;
  /** Undefined unless started. */
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
  /** Rejects while ACS cannot do its work. */
  check(): Promise<void>;
}

/** Two instances should not look after the same keys at the same moment; if they do, one of them gives way. */
const JITTER_SHARE = 0.2;

/** Listens on the public and the admin port, and looks after keys. Whoever opened the stores closes them, after `stop`. */
export function createAcsService(context: AcsContext): AcsService {
  const { config, logger, metrics, counters, documents } = context;
  const acs = createAcs(context);
  const checks = [
    { name: "counters", check: () => counters.check() },
    { name: "documents", check: () => documents.check() },
    { name: "keys", check: acs.check, impaired: acs.impaired },
  ];
  const admin = createAdminApp({ service: "acs", version: manifest.version, metrics, checks });
  const ticker = createTicker({
    intervalMs: config.rotationIntervalMs,
    jitterShare: JITTER_SHARE,
    run: acs.rotationJob,
    onError: (error) => logger.error("rotation_job.failed", { reason: errorReason(error) }),
  });
  const servers: HttpServer[] = [];
  return {
    name: "acs",
    app: acs.app,
    get url() {
      return servers[0]?.url;
    },
    get adminUrl() {
      return servers[1]?.url;
    },
    check: acs.check,
    async start() {
      await acs.rotationJob();
      const host = config.listenHost;
      // Behind a TLS proxy on this machine it is asked by its public name; and no web page gets more here than everyone does.
      const { listenPort: port } = config;
      servers.push(await listen({ fetch: acs.app.fetch, host, port, allowedHosts: "any" }));
      servers.push(await listen({ fetch: admin.fetch, host, port: config.adminPort }));
      ticker.start();
      logger.info("service.started", { port: servers[0]?.port });
    },
    async stop() {
      await ticker.stop();
      await Promise.all(servers.splice(0).map((server) => server.close()));
      acs.close();
      logger.info("service.stopped");
    },
  };
}
