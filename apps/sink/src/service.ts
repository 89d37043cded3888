import { setTimeout as sleep } from "node:timers/promises";
import { REPORTS_TOPIC } from "@dit/protocol";
import {
  createAdminApp,
  createTicker,
  errorReason,
  type HttpServer,
  listen,
  nowSeconds,
  type Service,
} from "@dit/service-kit";
import type { Hono } from "hono";
import packageJson from "../package.json" with { type: "json" };
import type { SinkContext } from "./context.ts";
import { createLagClock } from "./lag-clock.ts";
import { type LedgerTotals, ledgerTotals } from "./ledger.ts";
import { PartitionWorker } from "./partition-worker.ts";
import type { ReconcileReport } from "./reconcile-partition.ts";
import { CONSUMER_GROUP, createSinkParts } from "./sink-parts.ts";
import { findUnaccounted } from "./unaccounted.ts";
import { readWarehouseSkewSeconds } from "./warehouse-clock.ts";
import { watchPorts } from "./watched-ports.ts";

export interface SinkService extends Service {
  /** The operator's port, as a URL; undefined unless started. */
  readonly adminUrl: string | undefined;
  readonly adminApp: Hono;
  /**
   * Compares the ledger with tables and offsets in every partition that this sink consumes, and repairs. Also runs by itself at the start
   * of each partition, and then for what is new.
   */
  reconcile(): Promise<ReconcileReport>;
  progress(): Promise<SinkProgress>;
  /** Destroys the salts whose time has come; also runs by itself. */
  destroyExpiredSalts(): Promise<void>;
}

/** What became of everything in the topic: `events = inserted + deadLettered + deduplicated`, and `pendingRecords` still to come. */
export interface SinkProgress extends LedgerTotals {
  readonly pendingRecords: number;
}

const LAG_EVERY_MS = 5_000;
const ACCOUNT_EVERY_MS = 60_000;
const DRAIN_POLL_MS = 20;
const SERVICE = "sink";

class StalledError extends Error {
  override readonly name = "StalledError";
  readonly code: string;

  constructor(code: string) {
    super("a batch does not get on");
    this.code = code;
  }
}

export function createSinkService(given: SinkContext): SinkService {
  const context = { ...given, ...watchPorts(given) };
  const { eventLog, warehouse, documents, directory, clock, config, logger } = context;
  const parts = createSinkParts(context);
  const lagSecondsOf = createLagClock();
  const workers = new Set<PartitionWorker>();
  let running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  let server: HttpServer | undefined;

  async function onPartition(
    ...[reader, signal]: Parameters<Parameters<typeof eventLog.consume>[0]["onPartition"]>
  ) {
    const worker = new PartitionWorker(parts, reader, signal);
    workers.add(worker);
    try {
      await worker.run();
    } finally {
      workers.delete(worker);
    }
  }

  /** A failure of the log ends all partitions; they begin again. */
  async function consume(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await eventLog.consume({ topic: REPORTS_TOPIC, group: CONSUMER_GROUP, signal, onPartition });
      } catch (error) {
        logger.error("consumer.failed", { topic: REPORTS_TOPIC, reason: errorReason(error) });
      }
      await sleep(config.retry.minMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async function checkPartitions(): Promise<void> {
    for (const { stalledBy } of workers) {
      if (stalledBy !== undefined) throw new StalledError(errorReason(stalledBy));
    }
  }

  async function reconcile(whole: boolean): Promise<ReconcileReport> {
    const reports = await Promise.all([...workers].map((worker) => worker.reconcile(whole)));
    const sum = (key: keyof ReconcileReport) => reports.reduce((total, report) => total + report[key], 0);
    return { ranges: sum("ranges"), repaired: sum("repaired"), refused: sum("refused") };
  }

  async function measureLag(): Promise<number> {
    let pending = 0;
    for (const progress of await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP)) {
      const labels = { partition: String(progress.partition) };
      const lag = progress.endOffset - progress.committedOffset;
      parts.metrics.appended.set(labels, progress.endOffset);
      parts.metrics.lag.set(labels, lag);
      parts.metrics.lagSeconds.set(labels, lagSecondsOf(progress, clock.nowMs()));
      pending += lag;
    }
    return pending;
  }

  async function measureAccount(): Promise<void> {
    const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    const { records, events } = await findUnaccounted(warehouse, partitions);
    parts.metrics.unaccountedRecords.set(records);
    parts.metrics.unaccountedEvents.set(events);
    parts.metrics.accountSucceeded.set(nowSeconds(clock));
    parts.metrics.warehouseSkew.set(await readWarehouseSkewSeconds(warehouse, clock));
  }

  async function progress(): Promise<SinkProgress> {
    const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    const totals = await ledgerTotals(warehouse, [...new Set(partitions.map(({ topicId }) => topicId))]);
    return { ...totals, pendingRecords: await measureLag() };
  }

  /** Until what the log holds now is stored, or the time is over. */
  async function drain(): Promise<void> {
    const deadlineMs = performance.now() + config.drainMs;
    const ends = await readEnds();
    while (performance.now() < deadlineMs && (await isBehind(ends))) await sleep(DRAIN_POLL_MS);
  }

  async function readEnds(): Promise<ReadonlyMap<number, number>> {
    const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    return new Map(partitions.map(({ partition, endOffset }) => [partition, endOffset]));
  }

  async function isBehind(ends: ReadonlyMap<number, number>): Promise<boolean> {
    const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    return partitions.some(({ partition, committedOffset }) => committedOffset < (ends.get(partition) ?? 0));
  }

  const every = (intervalMs: number, event: `${string}.failed`, run: () => Promise<unknown>) =>
    createTicker({
      intervalMs,
      jitterShare: 0.1,
      run: async () => void (await run()),
      onError: (error) => logger.error(event, { reason: errorReason(error) }),
    });
  const tickers = [
    every(config.saltCheckMs, "salts.failed", parts.salts.destroyExpired),
    every(config.reconcile.everyMs, "reconciliation.failed", () => reconcile(false)),
    every(LAG_EVERY_MS, "lag.failed", measureLag),
    every(ACCOUNT_EVERY_MS, "account.failed", measureAccount),
  ];
  const adminApp = createAdminApp({
    service: SERVICE,
    version: packageJson.version,
    metrics: context.metrics,
    clock: context.clock,
    checks: [
      { name: "event_log", check: () => eventLog.check() },
      { name: "warehouse", check: () => warehouse.check() },
      { name: "documents", check: () => documents.check() },
      { name: "use_cases", check: () => directory.check() },
      { name: "partitions", check: checkPartitions },
    ],
  });

  return {
    name: SERVICE,
    adminApp,
    get adminUrl() {
      return server?.url;
    },
    async start() {
      if (running !== undefined) return;
      const stop = new AbortController();
      server = await listen({ fetch: adminApp.fetch, host: config.listenHost, port: config.adminPort });
      parts.metrics.startCounting(nowSeconds(clock));
      running = { stop, done: consume(stop.signal) };
      for (const ticker of tickers) ticker.start();
    },
    async stop() {
      if (running === undefined) return;
      await drain().catch((error: unknown) => logger.error("drain.failed", { reason: errorReason(error) }));
      running.stop.abort();
      await running.done;
      for (const ticker of tickers) await ticker.stop();
      running = undefined;
      parts.salts.wipe();
      await server?.close();
      server = undefined;
    },
    reconcile: () => reconcile(true),
    progress,
    destroyExpiredSalts: parts.salts.destroyExpired,
  };
}
