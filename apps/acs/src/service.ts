import {
  createAdminApp,
  createTicker,
  errorReason,
  type HttpServer,
  listen,
  type Service,
  untilAvailable,
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

class StartingError extends Error {
  override readonly name = "StartingError";
  readonly code = "starting";
}

/**
 * Looks after keys and serves, once its stores are there; the operator's port says until then what is missing. Whoever opened the
 * stores closes them, after `stop`.
 */
export function createAcsService(context: AcsContext): AcsService {
  const { config, logger, metrics, counters, documents } = context;
  const acs = createAcs(context);
  const servers: { public?: HttpServer; admin?: HttpServer } = {};
  const stopping = new AbortController();
  const checkKeys = async () => {
    await acs.check();
    if (servers.public === undefined) throw new StartingError();
  };
  const checks = [
    { name: "counters", check: () => counters.check() },
    { name: "documents", check: () => documents.check() },
    { name: "keys", check: checkKeys, impaired: acs.impaired },
  ];
  const admin = createAdminApp({ service: "acs", version: manifest.version, metrics, checks });
  const ticker = createTicker({
    intervalMs: config.rotationIntervalMs,
    jitterShare: JITTER_SHARE,
    run: acs.rotationJob,
    onError: (error) => logger.error("rotation_job.failed", { reason: errorReason(error) }),
  });
  return {
    name: "acs",
    app: acs.app,
    get url() {
      return servers.public?.url;
    },
    get adminUrl() {
      return servers.admin?.url;
    },
    check: acs.check,
    async start() {
      const host = config.listenHost;
      servers.admin = await listen({ fetch: admin.fetch, host, port: config.adminPort });
      await untilAvailable(acs.rotationJob, { dependency: "stores", signal: stopping.signal, logger });
      // Behind a TLS proxy on this machine it is asked by its public name; and no web page gets more here than everyone does.
      const { listenPort: port } = config;
      servers.public = await listen({ fetch: acs.app.fetch, host, port, allowedHosts: "any" });
      ticker.start();
      logger.info("service.started", { port: servers.public.port });
    },
    async stop() {
      stopping.abort();
      await ticker.stop();
      await Promise.all([servers.public?.close(), servers.admin?.close()]);
      acs.close();
      logger.info("service.stopped");
    },
  };
}
