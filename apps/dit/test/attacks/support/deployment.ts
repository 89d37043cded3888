import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPORTS_TOPIC } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import {
  createAcsAdminClient,
  createManualClock,
  type ManualClock,
  nowSeconds,
  Secret,
} from "@dit/service-kit";
import { CONSUMER_GROUP } from "@dit/sink";
import type { Documents, EventLog, Warehouse } from "@dit/storage";
import { until } from "../../support/until.ts";
import { startIdentityProvider, type TestIdentityProvider } from "./identity-provider.ts";
import { type StartEdge, startEdge as startNodeEdge } from "./start-edge.ts";
import { type IngestInstance, startIngest } from "./start-ingest.ts";
import { startWarehouse } from "./start-warehouse.ts";
import { closedBy, openCounters, openDocuments, openEventLog, type Surroundings } from "./surroundings.ts";
import { DAY_SECONDS, jwtUseCase, partnerUseCase } from "./use-cases.ts";
import { ADMIN_SECRET, startWatchedAcs, type WatchedAcs } from "./watched-acs.ts";

export interface DeploymentOptions {
  readonly environment?: string;
  /** With a sink and a warehouse behind: once a process. */
  readonly warehouse?: boolean;
  readonly rotationIntervalMs?: number;
  /** Stands between the edges and an ingest: gets ingest's address, returns the one that the edge is told. */
  readonly between?: (ingestUrl: string) => Promise<string>;
  /** By default apps/edge. */
  readonly startEdge?: StartEdge;
}

/** Two instances of each service on real sockets, over stores that each instance has opened for itself. */
export interface Deployment {
  readonly environment: string;
  readonly directory: string;
  readonly clock: ManualClock;
  readonly acs: readonly [WatchedAcs, WatchedAcs];
  readonly ingests: readonly [IngestInstance, IngestInstance];
  readonly edgeUrls: readonly [string, string];
  readonly identityProvider: TestIdentityProvider;
  readonly documents: Documents;
  readonly log: readonly string[];
  readonly warehouse: Warehouse | undefined;
  nowSeconds(): number;
  /** Changes a use case by its operator, and lets everybody know of it. */
  apply(document: UseCaseInput): Promise<void>;
  /** Records that ingest has made durable. */
  reportsInLog(): Promise<number>;
  /** Waits until the sink has dealt with everything in the log. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const CATCH_UP_WITHIN_MS = 60_000;
/** An instance looks at another's changes again after this, by its clock. */
const NEWS_AFTER_MS = 1_000;

export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const { environment = "production", rotationIntervalMs = 60_000, between = async (url) => url } = options;
  const { startEdge = startNodeEdge } = options;
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "dit-attacks-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const clock = createManualClock(startSeconds() * 1_000);
  const log: string[] = [];
  const around: Surroundings = {
    ...{ environment, directory, clock, cleanup },
    writeLog: (line) => void log.push(line),
  };
  const identityProvider = closedBy(cleanup, await startIdentityProvider(clock));
  const startAcs = () => startAcsInstance(around, rotationIntervalMs);
  const acs = [await startAcs(), await startAcs()] as const;
  const admin = createAcsAdminClient({ baseUrl: acs[0].url, adminSecret: new Secret(ADMIN_SECRET) });
  const { jwksUrl } = identityProvider;
  for (const document of [jwtUseCase(jwksUrl), jwtUseCase(jwksUrl, { useCase: "calls" }), partnerUseCase]) {
    await admin.applyUseCase(document);
  }
  clock.advance(NEWS_AFTER_MS);
  const ingests = [await startIngest(around, acs[0].url), await startIngest(around, acs[1].url)] as const;
  const edgeUrls = [
    await startEdge(around, await between(ingests[0].url)),
    await startEdge(around, await between(ingests[1].url)),
  ] as const;
  const eventLog = await openEventLog(around);
  const documents = await openDocuments(around);
  const warehouse =
    options.warehouse === true ? await startWarehouse(around, ingests[0].useCases) : undefined;
  const running = cleanup.move();
  return {
    ...{ environment, directory, clock, acs, ingests, edgeUrls, identityProvider, documents, log, warehouse },
    nowSeconds: () => nowSeconds(clock),
    async apply(document) {
      await admin.applyUseCase(document);
      clock.advance(NEWS_AFTER_MS);
      for (const { useCases } of ingests) await useCases.refresh();
    },
    reportsInLog: () => reportsIn(eventLog),
    settled: () => until(() => isDealtWith(eventLog), CATCH_UP_WITHIN_MS, "the sink does not catch up"),
    stop: () => running.disposeAsync(),
  };
}

/** Four in the morning of today, so that no epoch ends within hours; an older day's rows the warehouse would let expire. */
function startSeconds(): number {
  return Math.floor(Date.now() / 1_000 / DAY_SECONDS) * DAY_SECONDS + 4 * 3_600;
}

async function startAcsInstance(around: Surroundings, rotationIntervalMs: number): Promise<WatchedAcs> {
  const { clock, environment, writeLog, cleanup } = around;
  const acs = await startWatchedAcs({
    counters: await openCounters(around),
    documents: await openDocuments(around),
    ...{ clock, environment, rotationIntervalMs, writeLog },
  });
  cleanup.defer(() => acs.service.stop());
  return acs;
}

async function reportsIn(eventLog: EventLog): Promise<number> {
  const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
  return partitions.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
}

async function isDealtWith(eventLog: EventLog): Promise<boolean> {
  const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
  return partitions.every(({ endOffset, committedOffset }) => endOffset === committedOffset);
}
