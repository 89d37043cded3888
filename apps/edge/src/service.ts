import {
  createAdminApp,
  createAdmissions,
  createDependencyWatches,
  createTicker,
  errorReason,
  type HttpServer,
  listen,
  type Service,
} from "@dit/service-kit";
import packageJson from "../package.json" with { type: "json" };
import { createEdgeApp } from "./app.ts";
import type { EdgeContext } from "./context.ts";
import { createEdgeMetrics } from "./edge-metrics.ts";
import { callIngest, connectToIngest } from "./ingest-connection.ts";
import { EDGE_LIMITS } from "./limits.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { checkReachable } from "./reachable.ts";
import { createUpstream } from "./upstream.ts";

export interface EdgeService extends Service {
  /** Where clients send reports; undefined until it has started. */
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
}

const MIN_FORGETTING_MS = 1000;

export function createEdgeService(context: EdgeContext): EdgeService {
  const { clock, logger, metrics, config, ingestFetch } = context;
  const { ingestUrl, edgeSecret, listenHost: host } = config;
  const limits = { ...EDGE_LIMITS, ...config.limits };
  const limiter = createRateLimiter({ clock, limits });
  const watch = createDependencyWatches(context)("ingest");
  const ingest =
    ingestFetch === undefined ? connectToIngest(ingestUrl, limits) : callIngest(ingestFetch, limits);
  const upstream = createUpstream({ ingest, edgeSecret, watch });
  const admission = createAdmissions(context)("report", {
    min: limits.minInFlightRequests,
    max: limits.maxInFlightRequests,
  });
  createEdgeMetrics(metrics, () => admission.inFlight);
  const { bodyTimeoutMs } = limits;
  const app = createEdgeApp(context, { limiter, upstream, admission, bodyTimeoutMs });
  const ingestCheck = {
    name: "ingest",
    check: () => checkReachable(ingestUrl, limits.upstreamConnectTimeoutMs),
  };
  const admin = createAdminApp({
    service: "edge",
    version: packageJson.version,
    metrics,
    checks: [ingestCheck],
  });
  const forgetting = createTicker({
    // The time in which an empty bucket fills: no address is remembered longer than twice that after its last request.
    intervalMs: Math.max(MIN_FORGETTING_MS, (limits.rateBurst / limits.ratePerSecond) * 1000),
    run: async () => limiter.forget(),
    onError: (error) => logger.error("rate_limiter.failed", { reason: errorReason(error) }),
  });
  let server: HttpServer | undefined;
  let adminServer: HttpServer | undefined;
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    await server?.close();
    await forgetting.stop();
    await upstream.close();
    await adminServer?.close();
  }

  return {
    name: "edge",
    get url() {
      return server?.url;
    },
    get adminUrl() {
      return adminServer?.url;
    },
    async start() {
      adminServer = await listen({ fetch: admin.fetch, host, port: config.adminPort });
      // Behind a TLS proxy on this machine it is asked by its public name; and a web page gets nothing here that others do not.
      server = await listen({ fetch: app.fetch, host, port: config.listenPort, limits, allowedHosts: "any" });
      forgetting.start();
      logger.info("service.started", { port: server.port });
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
