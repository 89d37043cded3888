import { createHash } from "node:crypto";
import { join } from "node:path";
import { createAcsService } from "@dit/acs";
import { createSealer, type RandomBytes } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createEdgeService } from "@dit/edge";
import { createIngestService } from "@dit/ingest";
import { REPORTS_TOPIC } from "@dit/protocol";
import type { UseCaseInput } from "@dit/protocol/schemas";
import {
  type Clock,
  createAcsAdminClient,
  createAcsClient,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Metrics,
  Secret,
  type Service,
} from "@dit/service-kit";
import { createSinkService, DEFAULT_SINK_SETTINGS, type SinkService } from "@dit/sink";
import type { Documents, EventLog, Warehouse } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { createSeededBytes } from "./seeded-random.ts";
import { until } from "./until.ts";

export const ENVIRONMENT = "test";
export const SERVER_ID = "app_server";
const SERVER_SECRET = "server-secret-server-secret-server-se";
const SERVICE_SECRET = "service-secret-service-secret-service";
const ADMIN_SECRET = "admin-secret-admin-secret-admin-secret";
export const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";
/** On a slow machine too: who is turned away is another test's matter. */
const MANY_AT_ONCE = {
  acs: { minInFlightIssuances: 256, minInFlightRedemptions: 256 },
  edge: { minInFlightRequests: 2_048 },
  ingest: { minInFlightReports: 2_048 },
};

/** What asks ACS for an account's tokens. */
export const SERVER_BEARER = `Bearer ${SERVER_ID}.${SERVER_SECRET}`;

const HOST = "127.0.0.1";
const NEVER_MS = 86_400_000;
const SERVICES = ["acs", "edge", "ingest", "sink"] as const;
type ServiceName = (typeof SERVICES)[number];

export interface ComposeOptions {
  /** Of the stores, but for the warehouse: a process has one. */
  readonly directory: string;
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  /** Decides every key, salt and nonce. */
  readonly seed: string;
  readonly useCase: UseCaseInput;
  readonly ingestPort?: number;
  /** Reports come one at a time, and are to be confirmed so. */
  readonly oneByOne?: boolean;
  /** How often ACS looks after its keys, in real time; hardly ever by default. */
  readonly rotationIntervalMs?: number;
  /** Others than LMDB's. They are closed with the services. */
  readonly documents?: Documents;
  /** Another edge than the project's own. */
  readonly startEdge?: (ingestUrl: string) => Promise<{ readonly url: string; stop(): Promise<void> }>;
}

/** Every service on sockets of its own, with time and chance in the test's hand. The sink is the test's to start. */
export interface ComposedServices {
  readonly acsUrl: string;
  readonly edgeUrl: string;
  readonly ingestPort: number;
  readonly sink: SinkService;
  readonly eventLog: EventLog;
  readonly documents: Documents;
  readonly metrics: Readonly<Record<ServiceName, Metrics>>;
  readonly logs: Readonly<Record<ServiceName, readonly string[]>>;
  /** What ACS was sent by ingest, to redeem and to confirm. */
  readonly redemptions: readonly string[];
  /** Starts the sink, lets it store all that is in the log, and stops it. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export function keyEncryptionKeyOf(seed: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`${seed} key-encryption key`).digest());
}

export async function composeServices(options: ComposeOptions): Promise<ComposedServices> {
  await using cleanup = new AsyncDisposableStack();
  const { clock, seed, warehouse } = options;
  const stores = await openStores(options, cleanup);
  const random = (use: string): RandomBytes => createSeededBytes(`${seed} ${use}`);
  const sealer = await createSealer(keyEncryptionKeyOf(seed), { randomBytes: random("nonces") });
  const logs: Record<ServiceName, string[]> = { acs: [], edge: [], ingest: [], sink: [] };
  const metrics = Object.fromEntries(SERVICES.map((name) => [name, createMetrics(name)])) as Record<
    ServiceName,
    Metrics
  >;
  const parts = (service: ServiceName) => ({
    ...stores,
    clock,
    metrics: metrics[service],
    logger: createLogger({ service, clock, write: (line) => logs[service].push(line) }),
  });
  const started = async <S extends Service>(service: S): Promise<S> => {
    cleanup.defer(() => service.stop());
    await service.start();
    return service;
  };
  const listening = { listenHost: HOST, listenPort: 0, adminPort: 0 };

  const acs = createAcsService({
    ...parts("acs"),
    sealer,
    poprf: await createLibsodiumPoprf({ randomBytes: random("keys") }),
    config: {
      ...listening,
      environment: ENVIRONMENT,
      production: false,
      serviceSecret: new Secret(SERVICE_SECRET),
      adminSecret: new Secret(ADMIN_SECRET),
      applicationServers: { [SERVER_ID]: new Secret(SERVER_SECRET) },
      limits: MANY_AT_ONCE.acs,
      rotationIntervalMs: options.rotationIntervalMs ?? NEVER_MS,
    },
  });
  await started(acs);
  const acsUrl = told(acs.url);
  const admin = createAcsAdminClient({ baseUrl: acsUrl, adminSecret: new Secret(ADMIN_SECRET) });
  await admin.applyUseCase(options.useCase);
  const redemptions: string[] = [];
  const acsClient = createAcsClient({
    baseUrl: acsUrl,
    serviceSecret: new Secret(SERVICE_SECRET),
    fetch: recordRedemptions(redemptions),
  });
  const directory = createUseCaseDirectory({
    acs: acsClient,
    logger: parts("ingest").logger,
    clock,
    pollMs: NEVER_MS,
  });
  await directory.start();
  cleanup.defer(() => directory.stop());

  const sink = createSinkService({
    ...parts("sink"),
    warehouse,
    sealer,
    directory,
    random: random("salts"),
    config: {
      ...DEFAULT_SINK_SETTINGS,
      adminPort: 0,
      batch: { maxEvents: 5_000, maxWaitMs: 50 },
      saltCheckMs: NEVER_MS,
      reconcile: { everyMs: NEVER_MS, days: 2 },
    },
  });
  cleanup.defer(() => sink.stop());
  const ingest = await started(
    createIngestService({
      ...parts("ingest"),
      acs: acsClient,
      directory,
      config: {
        ...listening,
        listenPort: options.ingestPort ?? 0,
        environment: ENVIRONMENT,
        edgeSecret: new Secret(EDGE_SECRET),
        // What is asked together must not hang on who was quick.
        limits: {
          ...MANY_AT_ONCE.ingest,
          ...(options.oneByOne === true ? { confirmMaxItems: 1, confirmMaxWaitMs: 0 } : {}),
        },
      },
    }),
  );
  const ingestUrl = told(ingest.url);
  const edge =
    (await options.startEdge?.(ingestUrl)) ??
    (await started(
      createEdgeService({
        ...parts("edge"),
        config: {
          ...listening,
          ingestUrl,
          edgeSecret: new Secret(EDGE_SECRET),
          limits: { ratePerSecond: 1_000_000, rateBurst: 1_000_000, ...MANY_AT_ONCE.edge },
        },
      }),
    ));
  if (options.startEdge !== undefined) cleanup.defer(() => edge.stop());

  const running = cleanup.move();
  return {
    acsUrl,
    edgeUrl: told(edge.url),
    ingestPort: Number(new URL(ingestUrl).port),
    sink,
    eventLog: stores.eventLog,
    documents: stores.documents,
    metrics,
    logs,
    redemptions,
    async drain() {
      await sink.start();
      await until(() => isDrained(stores.eventLog), 30_000, "records stay pending");
      await sink.progress();
      await sink.stop();
    },
    stop: () => running.disposeAsync(),
  };
}

async function openStores({ directory, clock, documents }: ComposeOptions, cleanup: AsyncDisposableStack) {
  const opened = async <T extends { close(): Promise<void> }>(store: Promise<T>): Promise<T> =>
    cleanup.adopt(await store, (open) => open.close());
  return {
    counters: await opened(
      openLmdbCounters({ path: join(directory, "counters"), nowSeconds: () => clock.nowMs() / 1000 }),
    ),
    documents: await opened(
      documents === undefined
        ? openLmdbDocuments({ path: join(directory, "documents") })
        : Promise.resolve(documents),
    ),
    // One partition: then all records have one order.
    eventLog: await opened(
      openLmdbEventLog({ path: join(directory, "event-log"), partitions: 1, clock: clock.nowMs }),
    ),
  };
}

function recordRedemptions(recorded: string[]): typeof fetch {
  return async (input, init) => {
    const url = String(input);
    if (init?.method === "POST") {
      const headers = JSON.stringify([...new Headers(init.headers)]);
      recorded.push(`${new URL(url).pathname} ${headers} ${String(init.body)}`);
    }
    return fetch(input, init);
  };
}

async function isDrained(eventLog: EventLog): Promise<boolean> {
  const progress = await eventLog.progress(REPORTS_TOPIC, "sink");
  return progress.every(({ committedOffset, endOffset }) => committedOffset === endOffset);
}

function told(url: string | undefined): string {
  if (url === undefined) throw new Error("a service that has started does not say where it listens");
  return url;
}
