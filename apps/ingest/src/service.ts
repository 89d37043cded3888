import { createAdminApp, type HttpServer, listen, type Service } from "@dit/service-kit";
import type { Hono } from "hono";
import packageJson from "../package.json" with { type: "json" };
import { createIngestApp } from "./app.ts";
import type { IngestContext } from "./context.ts";
import { createDependencyChecks } from "./dependency-checks.ts";
import { createIntake } from "./intake.ts";

export interface IngestService extends Service {
  readonly app: Hono;
  /** Where the edge sends reports; undefined until it has started. */
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
}

/** Bodies are bounded by the protocol; a request is whole when it comes from the edge, so a slow one is a fault. */
const HTTP_LIMITS = { requestTimeoutMs: 15_000 };

export function createIngestService(context: IngestContext): IngestService {
  const { config, directory, logger, metrics } = context;
  const intake = createIntake(context);
  const app = createIngestApp(context, intake);
  const admin = createAdminApp({
    service: "ingest",
    version: packageJson.version,
    metrics,
    checks: createDependencyChecks(context),
  });
  let server: HttpServer | undefined;
  let adminServer: HttpServer | undefined;
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    await server?.close();
    await intake.stop();
    await adminServer?.close();
  }

  return {
    name: "ingest",
    app,
    get url() {
      return server?.url;
    },
    get adminUrl() {
      return adminServer?.url;
    },
    async start() {
      const { listenHost: host } = config;
      adminServer = await listen({ fetch: admin.fetch, host, port: config.adminPort });
      await context.connect?.();
      if (directory.environment !== config.environment) throw new EnvironmentMismatchError();
      server = await listen({ fetch: app.fetch, host, port: config.listenPort, limits: HTTP_LIMITS });
      logger.info("service.started", { port: server.port });
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Ingest is configured for another environment than its ACS: no MAC would ever verify. */
export class EnvironmentMismatchError extends Error {
  override readonly name = "EnvironmentMismatchError";
}
