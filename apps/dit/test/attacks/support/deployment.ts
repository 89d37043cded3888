import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import { createEdgeService } from "@dit/edge";
import { createIngestService } from "@dit/ingest";
import { REPORTS_TOPIC } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import {
  createAcsAdminClient,
  createAcsClient,
  createLogger,
  createManualClock,
  createMetrics,
  createUseCaseDirectory,
  type ManualClock,
  type Metrics,
  nowSeconds,
  Secret,
  type UseCaseDirectory,
} from "@dit/service-kit";
import { CONSUMER_GROUP, createSinkService, DEFAULT_SINK_SETTINGS, type SinkService } from "@dit/sink";
import type { Documents, EventLog, Warehouse } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { until } from "../../support/until.ts";
import { startIdentityProvider, type TestIdentityProvider } from "./identity-provider.ts";
import { DAY_SECONDS, jwtUseCase, partnerUseCase } from "./use-cases.ts";
import {
  ADMIN_SECRET,
  KEY_ENCRYPTION_KEY,
  SERVICE_SECRET,
  startWatchedAcs,
  type WatchedAcs,
} from "./watched-acs.ts";

export const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";

/** Four in the morning of today, so that no epoch ends within hours; an older day's rows the warehouse would let expire. */
function startSeconds(): number {
  return Math.floor(Date.now() / 1_000 / DAY_SECONDS) * DAY_SECONDS + 4 * 3_600;
}

export interface DeploymentOptions {
  readonly environment?: string;
  /** With a sink and a warehouse behind: once a process, since the engine has one data directory. */
  readonly warehouse?: boolean;
  readonly rotationIntervalMs?: number;
  /** Stands between the edges and an ingest: gets ingest's address, returns the one that the edge is told. */
  readonly between?: (ingestUrl: string) => Promise<string>;
  readonly useCase?: Partial<UseCaseInput>;
}

export interface IngestInstance {
  readonly url: string;
  readonly metrics: Metrics;
}

/** Two instances of each service on real sockets, over stores that each instance has opened for itself. */
export interface Deployment {
  readonly environment: string;
  readonly directory: string;
  readonly clock: ManualClock;
  readonly acs: readonly [WatchedAcs, WatchedAcs];
  readonly ingests: readonly [IngestInstance, IngestInstance];
  readonly edgeUrls: readonly [string, string];
  readonly edgeMetrics: readonly [Metrics, Metrics];
  readonly identityProvider: TestIdentityProvider;
  readonly documents: Documents;
  readonly log: readonly string[];
  readonly sink: SinkService | undefined;
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

export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const { environment = "production", rotationIntervalMs = 60_000 } = options;
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "dit-attacks-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const clock = createManualClock(startSeconds() * 1_000);
  const log: string[] = [];
  const writeLog = (line: string) => void log.push(line);
  const opened = <T extends { close(): Promise<void> }>(store: T): T =>
    cleanup.adopt(store, (each) => each.close());
  const identityProvider = opened(await startIdentityProvider(clock));

  const counterPath = join(directory, "counters");
  const documentPath = join(directory, "documents");
  const logPath = join(directory, "event-log");
  const startAcs = async (): Promise<WatchedAcs> => {
    const counters = opened(
      await openLmdbCounters({ path: counterPath, nowSeconds: () => nowSeconds(clock) }),
    );
    const documents = opened(await openLmdbDocuments({ path: documentPath }));
    const acs = await startWatchedAcs({
      ...{ counters, documents, clock, environment, rotationIntervalMs, writeLog },
    });
    cleanup.defer(() => acs.service.stop());
    return acs;
  };
  const acs = [await startAcs(), await startAcs()] as const;
  const admin = createAcsAdminClient({ baseUrl: acs[0].url, adminSecret: new Secret(ADMIN_SECRET) });
  await admin.applyUseCase(jwtUseCase(identityProvider.jwksUrl, options.useCase));
  await admin.applyUseCase(jwtUseCase(identityProvider.jwksUrl, { useCase: "calls" }));
  await admin.applyUseCase(partnerUseCase);
  // An instance looks at another's changes again after a second, by its clock.
  clock.advance(1_000);

  const directories: UseCaseDirectory[] = [];
  const startIngest = async (instance: 0 | 1): Promise<IngestInstance> => {
    const logger = createLogger({ service: "ingest", clock, write: writeLog });
    const acsClient = createAcsClient({
      baseUrl: acs[instance].url,
      serviceSecret: new Secret(SERVICE_SECRET),
    });
    const useCases = createUseCaseDirectory({ acs: acsClient, logger, clock });
    await useCases.start();
    cleanup.defer(() => useCases.stop());
    directories.push(useCases);
    const metrics = createMetrics("ingest");
    const service = createIngestService({
      ...{ acs: acsClient, directory: useCases, clock, logger, metrics },
      eventLog: opened(await openLmdbEventLog({ path: logPath })),
      config: {
        environment,
        listenHost: "127.0.0.1",
        listenPort: 0,
        adminPort: 0,
        edgeSecret: new Secret(EDGE_SECRET),
      },
    });
    await service.start();
    cleanup.defer(() => service.stop());
    return { url: service.url ?? "", metrics };
  };
  const ingests = [await startIngest(0), await startIngest(1)] as const;

  const startEdge = async ({ url }: IngestInstance) => {
    const metrics = createMetrics("edge");
    const edge = createEdgeService({
      clock,
      metrics,
      logger: createLogger({ service: "edge", clock, write: writeLog }),
      config: {
        listenHost: "127.0.0.1",
        listenPort: 0,
        adminPort: 0,
        ingestUrl: (await options.between?.(url)) ?? url,
        edgeSecret: new Secret(EDGE_SECRET),
        // All attackers come from one address, and time stands still: the limit of rates is another test's matter.
        limits: { ratePerSecond: 1_000_000, rateBurst: 1_000_000 },
      },
    });
    await edge.start();
    cleanup.defer(() => edge.stop());
    return { url: edge.url ?? "", metrics };
  };
  const edges = [await startEdge(ingests[0]), await startEdge(ingests[1])] as const;

  const eventLog: EventLog = opened(await openLmdbEventLog({ path: logPath }));
  const documents = opened(await openLmdbDocuments({ path: documentPath }));
  const warehouse =
    options.warehouse === true
      ? opened(await openChdbWarehouse({ path: join(directory, "warehouse") }))
      : undefined;
  const sink =
    warehouse === undefined || directories[0] === undefined
      ? undefined
      : createSinkService({
          ...{ eventLog, warehouse, documents, clock, directory: directories[0] },
          sealer: await createSealer(KEY_ENCRYPTION_KEY),
          random: webCryptoRandomBytes,
          logger: createLogger({ service: "sink", clock, write: writeLog }),
          metrics: createMetrics("sink"),
          config: { ...DEFAULT_SINK_SETTINGS, adminPort: 0, batch: { maxEvents: 10_000, maxWaitMs: 50 } },
        });
  if (sink !== undefined) {
    await sink.start();
    cleanup.defer(() => sink.stop());
  }

  async function reportsInLog(): Promise<number> {
    const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    return partitions.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
  }

  const running = cleanup.move();
  return {
    ...{ environment, directory, clock, acs, ingests, identityProvider, documents, log, sink, warehouse },
    edgeUrls: [edges[0].url, edges[1].url],
    edgeMetrics: [edges[0].metrics, edges[1].metrics],
    nowSeconds: () => nowSeconds(clock),
    async apply(document) {
      await admin.applyUseCase(document);
      clock.advance(1_000);
      for (const each of directories) await each.refresh();
    },
    reportsInLog,
    settled: () =>
      until(
        async () => {
          const partitions = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
          return partitions.every(({ endOffset, committedOffset }) => endOffset === committedOffset);
        },
        20_000,
        "the sink does not catch up",
      ),
    stop: () => running.disposeAsync(),
  };
}
