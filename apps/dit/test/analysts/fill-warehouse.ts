import { createHash } from "node:crypto";
import { join } from "node:path";
import { createSealer, toBase64Url, webCryptoRandomBytes } from "@dit/crypto-core";
import { type AcceptedReport, REPORTS_TOPIC } from "@dit/protocol";
import { useCaseSchema } from "@dit/protocol/schemas";
import {
  createLogger,
  createManualClock,
  createMetrics,
  createUseCaseDirectory,
  nowSeconds,
  type UseCaseDirectory,
  utcDay,
} from "@dit/service-kit";
import { simulatedUseCase } from "@dit/simulator";
import { createSinkService, DEFAULT_SINK_SETTINGS } from "@dit/sink";
import type { EventLog, Warehouse } from "@dit/storage";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { pendingRecords } from "../../src/pipeline/pipeline-account.ts";
import { until } from "../support/until.ts";
import { type Client, clientsOf } from "./people.ts";

const DAY_SECONDS = 86_400;
const STORED_WITHIN_MS = 60_000;

/** Has the sink store what the clients of two days report, the first of which is so many days since 1970: tables and views are its own. */
export async function fillWarehouse(
  warehouse: Warehouse,
  directory: string,
  firstDay: number,
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const eventLog = cleanup.adopt(
    await openLmdbEventLog({ path: join(directory, "log"), partitions: 1 }),
    (log) => log.close(),
  );
  const documents = cleanup.adopt(await openLmdbDocuments({ path: join(directory, "documents") }), (store) =>
    store.close(),
  );
  const firstNoon = firstDay * DAY_SECONDS + DAY_SECONDS / 2;
  const clock = createManualClock(firstNoon * 1_000);
  const logger = createLogger({ service: "sink", write: () => undefined });
  const sink = createSinkService({
    ...{ eventLog, warehouse, documents, clock, logger },
    directory: await followSimulated(logger),
    metrics: createMetrics("sink"),
    sealer: await createSealer(new Uint8Array(32).fill(7)),
    random: webCryptoRandomBytes,
    config: { ...DEFAULT_SINK_SETTINGS, adminPort: 0, drainMs: 0 },
  });
  for (const day of [0, 1] as const) {
    clock.advance(day * DAY_SECONDS * 1_000);
    await append(eventLog, firstDay + day, clientsOf(day, nowSeconds(clock)));
    await sink.start();
    await until(async () => (await pendingRecords(eventLog)) === 0, STORED_WITHIN_MS, "records stay pending");
    await sink.stop();
  }
}

async function followSimulated(logger: ReturnType<typeof createLogger>): Promise<UseCaseDirectory> {
  const document = useCaseSchema.parse(simulatedUseCase);
  const useCases = [{ version: 1, document, blockedFields: {} }];
  const listUseCases = async () => ({ etag: "1", list: { environment: "test", useCases } });
  const directory = createUseCaseDirectory({ acs: { listUseCases }, logger });
  await directory.refresh();
  return directory;
}

async function append(eventLog: EventLog, day: number, clients: readonly Client[]): Promise<void> {
  const reports = clients.map(({ name, events }): AcceptedReport => {
    const pseudonym = createHash("sha256").update(name).digest().subarray(0, 16);
    return {
      ...{ useCase: simulatedUseCase.useCase, schemaVersion: 1, epoch: day, epochSeconds: DAY_SECONDS },
      reportId: createHash("sha256").update(`${name} ${day}`).digest("hex").slice(0, 32),
      ingestDay: utcDay(day * DAY_SECONDS * 1_000),
      mayRepeat: false,
      pseudonym: toBase64Url(pseudonym),
      events,
    };
  });
  await eventLog.append(
    REPORTS_TOPIC,
    reports.map((report) => ({
      key: Buffer.from(report.reportId),
      value: Buffer.from(JSON.stringify(report)),
    })),
  );
}
