import { setTimeout as sleep } from "node:timers/promises";
import { createAdminApp, errorReason, type HttpServer, listen, type Service } from "@dit/service-kit";
import type { Hono } from "hono";
import packageJson from "../package.json" with { type: "json" };
import type { ReidContext } from "./context.ts";
import { createMonitor, type RunReport } from "./monitor/create-monitor.ts";
import { restAfterMs } from "./monitor/pace.ts";

export interface ReidService extends Service {
  /** The operator's port, as a URL; undefined unless started. */
  readonly adminUrl: string | undefined;
  readonly adminApp: Hono;
  /** A run now. Rejects if a part of it could not be done. */
  runNow(): Promise<RunReport>;
}

const SERVICE = "reid";

/** Runs again and again until it is stopped, one run at a time. */
export function createReidService(context: ReidContext): ReidService {
  const { config, logger, warehouse, documents, directory } = context;
  const monitor = createMonitor(context);
  let server: HttpServer | undefined;
  let running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  let lastRun: Promise<unknown> = Promise.resolve();
  let lastFailure: unknown;

  function runNow(): Promise<RunReport> {
    const run = lastRun.then(monitor.run, monitor.run);
    lastRun = run.then(
      () => {
        lastFailure = undefined;
      },
      (error: unknown) => {
        lastFailure = error;
      },
    );
    return run;
  }

  async function repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAtMs = performance.now();
      await runNow().catch((error: unknown) =>
        logger.error("monitor.run_failed", { reason: errorReason(error) }),
      );
      const restMs = restAfterMs(performance.now() - startedAtMs, config.intervalMs);
      await sleep(restMs, undefined, { signal }).catch(() => undefined);
    }
  }

  const adminApp = createAdminApp({
    service: SERVICE,
    version: packageJson.version,
    metrics: context.metrics,
    clock: context.clock,
    checks: [
      { name: "warehouse", check: () => warehouse.check() },
      { name: "documents", check: () => documents.check() },
      { name: "use_cases", check: () => directory.check() },
      {
        name: "last_run",
        check: async () => {
          if (lastFailure !== undefined) throw lastFailure;
        },
      },
    ],
  });
  return {
    name: SERVICE,
    adminApp,
    get adminUrl() {
      return server?.url;
    },
    runNow,
    async start() {
      if (running !== undefined) return;
      server = await listen({ fetch: adminApp.fetch, host: config.listenHost, port: config.adminPort });
      const stop = new AbortController();
      running = { stop, done: repeat(stop.signal) };
    },
    async stop() {
      running?.stop.abort();
      await running?.done;
      running = undefined;
      await server?.close();
      server = undefined;
    },
  };
}
