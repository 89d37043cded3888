import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSealer, toBase64Url, webCryptoRandomBytes } from "@dit/crypto-core";
import type { AcceptedEvent, AcceptedReport, BlockedFields } from "@dit/protocol";
import { type UseCase, type UseCaseInput, useCaseSchema } from "@dit/protocol/schemas";
import {
  type AcsClient,
  type Clock,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Metrics,
  systemClock,
  type UseCaseDirectory,
} from "@dit/service-kit";
import type { Documents, EventLog, Warehouse } from "@dit/storage";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openWarehouse } from "@dit/storage/engines";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import {
  createSinkService,
  DEFAULT_SINK_SETTINGS,
  type SinkService,
  type SinkSettings,
} from "../src/index.ts";

export interface Ports {
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly documents: Documents;
}

/** A process can have one warehouse, so a file's tests share it; each has a log and documents of its own. */
export interface TestStores {
  readonly warehouse: Warehouse;
  open(): Promise<Ports>;
  /** For two sinks with a log each: the same documents and warehouse, which each reaches in its own way where that is possible. */
  openPair(): Promise<readonly [Ports, Ports]>;
  close(): Promise<void>;
}

/** `clickHouseUrl`: in place of the embedded engine. */
export async function openTestStores(clickHouseUrl?: string): Promise<TestStores> {
  const directory = await makeDirectory();
  const openTestWarehouse = () =>
    openWarehouse({ url: clickHouseUrl, path: join(directory.path, "warehouse") });
  const warehouse = await openTestWarehouse();
  const opened: { close(): Promise<void> }[] = [warehouse];
  async function open(): Promise<Ports> {
    const stores = await openLogAndDocuments(join(directory.path, String(opened.length)));
    opened.push(stores.eventLog, stores.documents);
    return { ...stores, warehouse };
  }
  return {
    warehouse,
    open,
    async openPair() {
      const [one, other] = [await open(), await open()];
      const another = await openTestWarehouse();
      opened.push(another);
      return [one, { ...other, documents: one.documents, warehouse: another }];
    },
    async close() {
      for (const store of opened) await store.close();
      await directory.remove();
    },
  };
}

/** One partition, so that records keep their order. */
export async function openLogAndDocuments(path: string): Promise<Omit<Ports, "warehouse">> {
  const eventLog = await openLmdbEventLog({ path: join(path, "log"), partitions: 1 });
  const documents = await openLmdbDocuments({ path: join(path, "documents") });
  return { eventLog, documents };
}

export async function makeDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "dit-sink-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A use case with two events; its name is new each time unless given, so that tests share a warehouse. */
export function makeUseCase(changes: Partial<UseCaseInput> = {}): UseCase {
  return useCaseSchema.parse({
    useCase: `t${randomBytes(8).toString("hex")}`,
    owner: "tests",
    purpose: "tests of the sink",
    issuance: { authenticator: "application_server", serverId: "tests", tokensPerEpoch: 10 },
    events: {
      opened: {
        description: "The app's window opened",
        fields: {
          cold: { type: "boolean" },
          items: { type: "integer", min: 0, max: 1_000_000 },
          duration: { type: "float", unit: "ms", description: "Until the first frame" },
          screen: { type: "enum", values: ["home", "chat", "settings"] },
          locale: { type: "string", maxLength: 20 },
        },
      },
      failed: {
        fields: { code: { type: "string", maxLength: 40 }, retries: { type: "integer", min: 0, max: 10 } },
      },
    },
    ...changes,
  });
}

export interface TestAcs {
  readonly directory: UseCaseDirectory;
  /** The next version of a document, which the directory has at once. */
  publish(document: UseCase, blockedFields?: BlockedFields): Promise<number>;
  withdraw(useCase: string): Promise<void>;
}

export async function createTestAcs(...documents: readonly UseCase[]): Promise<TestAcs> {
  const listed = new Map(
    documents.map((document) => [
      document.useCase,
      { version: 1, document, blockedFields: {} as BlockedFields },
    ]),
  );
  let changes = 0;
  const refuse = () => Promise.reject(new Error("the sink only lists"));
  const acs: AcsClient = {
    redeem: refuse,
    confirm: refuse,
    listUseCases: async (etag) => {
      if (etag === String(changes)) return "unchanged";
      return { etag: String(changes), list: { environment: "test", useCases: [...listed.values()] } };
    },
  };
  const directory = createUseCaseDirectory({ acs, logger: silent() });
  await directory.refresh();
  return {
    directory,
    async publish(document, blockedFields = {}) {
      const version = (listed.get(document.useCase)?.version ?? 0) + 1;
      listed.set(document.useCase, { version, document, blockedFields });
      changes += 1;
      await directory.refresh();
      return version;
    },
    async withdraw(useCase) {
      listed.delete(useCase);
      changes += 1;
      await directory.refresh();
    },
  };
}

const TEST_KEY = new Uint8Array(32).fill(7);

export interface TestSink {
  readonly sink: SinkService;
  readonly metrics: Metrics;
  readonly log: string[];
}

export async function createTestSink(
  ports: Ports,
  directory: UseCaseDirectory,
  options: { readonly clock?: Clock; readonly settings?: Partial<SinkSettings> } = {},
): Promise<TestSink> {
  const metrics = createMetrics("sink");
  const log: string[] = [];
  const sink = createSinkService({
    ...ports,
    directory,
    metrics,
    sealer: await createSealer(TEST_KEY),
    clock: options.clock ?? systemClock,
    random: webCryptoRandomBytes,
    logger: createLogger({ service: "sink", write: (line) => void log.push(line) }),
    config: {
      ...DEFAULT_SINK_SETTINGS,
      adminPort: 0,
      batch: { maxEvents: 1_000, maxWaitMs: 20 },
      retry: { minMs: 5, maxMs: 50 },
      drainMs: 0,
      ...options.settings,
    },
  });
  return { sink, metrics, log };
}

function silent() {
  return createLogger({ service: "sink", write: () => undefined });
}

/** Today by the engine's clock too: rows of another day would expire under the test. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function makeReport(useCase: string, changes: Partial<AcceptedReport> = {}): AcceptedReport {
  return {
    useCase,
    schemaVersion: 1,
    epoch: Math.floor(Date.now() / 86_400_000),
    epochSeconds: 86_400,
    reportId: randomBytes(16).toString("hex"),
    ingestDay: today(),
    mayRepeat: false,
    pseudonym: toBase64Url(randomBytes(16)),
    events: [opened(), failed()],
    ...changes,
  };
}

export function opened(fields: AcceptedEvent["fields"] = {}): AcceptedEvent {
  const at = Math.floor(Date.now() / 60_000) * 60;
  return { name: "opened", at, fields: { cold: true, items: 3, duration: 1.5, screen: "home", ...fields } };
}

export function failed(fields: AcceptedEvent["fields"] = {}): AcceptedEvent {
  const at = Math.floor(Date.now() / 60_000) * 60;
  return { name: "failed", at, fields: { code: "timeout", ...fields } };
}

export async function append(
  eventLog: EventLog,
  reports: readonly (AcceptedReport | string)[],
): Promise<void> {
  const records = reports.map((report) => {
    const text = typeof report === "string" ? report : JSON.stringify(report);
    const key = Buffer.from(typeof report === "string" ? "poison" : report.reportId);
    return { key, value: Buffer.from(text) };
  });
  await eventLog.append("reports", records);
}

export async function until(condition: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error("the condition did not come true in time");
    await sleep(10);
  }
}

/** Every record of the topic is stored and committed. */
export async function drained({ eventLog }: Pick<Ports, "eventLog">, withinMs?: number): Promise<void> {
  await until(async () => {
    const partitions = await eventLog.progress("reports", "sink");
    return partitions.every(({ committedOffset, endOffset }) => committedOffset === endOffset);
  }, withinMs);
}

/** Starts a sink, lets it store everything, and stops it. */
export async function runUntilDrained(ports: Ports, { sink }: TestSink): Promise<void> {
  await sink.start();
  await drained(ports);
  await sink.stop();
}

export async function rowsOf<Row>(warehouse: Warehouse, useCase: string, event: string): Promise<Row[]> {
  return warehouse.query<Row>(`SELECT * FROM dit.${useCase}__${event} ORDER BY report_id`);
}

export async function countRows(warehouse: Warehouse, table: string): Promise<number> {
  const [row] = await warehouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
  return Number(row?.rows ?? 0);
}
