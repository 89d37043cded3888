import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import { useCaseSchema } from "@dit/protocol/schemas";
import { createLogger, createMetrics, createUseCaseDirectory, systemClock } from "@dit/service-kit";
import { simulatedUseCase } from "@dit/simulator";
import { createSinkService, DEFAULT_SINK_SETTINGS } from "@dit/sink";
import type { EventLog, Warehouse, WarehouseInsert } from "@dit/storage";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";

export interface OpenSink {
  readonly warehousePath: string;
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  /** What the sink has inserted since it was last asked. */
  takeInserts(): WarehouseInsert[];
  /** Ends the sink, and goes on with another one, whose batches are of so many events. */
  restart(maxEvents: number): Promise<void>;
  stop(): Promise<void>;
}

/** The sink on one box's engines, running, with one partition to consume. */
export async function openSink(directory: string): Promise<OpenSink> {
  const eventLog = await openLmdbEventLog({ path: join(directory, "log"), partitions: 1 });
  const documents = await openLmdbDocuments({ path: join(directory, "documents") });
  const warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
  const logger = createLogger({ service: "sink", write: () => undefined });
  let inserts: WarehouseInsert[] = [];
  const context = {
    ...{ eventLog, documents, logger },
    warehouse: {
      ...warehouse,
      async insert(insert: WarehouseInsert) {
        inserts.push(insert);
        await warehouse.insert(insert);
      },
    },
    sealer: await createSealer(new Uint8Array(randomBytes(32))),
    directory: await createDirectory(logger),
    clock: systemClock,
    random: webCryptoRandomBytes,
  };
  const startSink = async (batch = DEFAULT_SINK_SETTINGS.batch) => {
    const config = { ...DEFAULT_SINK_SETTINGS, batch, adminPort: 0 };
    const started = createSinkService({ ...context, metrics: createMetrics("sink"), config });
    await started.start();
    return started;
  };
  let sink = await startSink();
  return {
    warehousePath: warehouse.path,
    eventLog,
    warehouse,
    takeInserts() {
      const taken = inserts;
      inserts = [];
      return taken;
    },
    async restart(maxEvents) {
      await sink.stop();
      sink = await startSink({ ...DEFAULT_SINK_SETTINGS.batch, maxEvents });
    },
    async stop() {
      await sink.stop();
      for (const store of [eventLog, documents, warehouse]) await store.close();
    },
  };
}

/** Of the simulated use case alone. */
async function createDirectory(logger: ReturnType<typeof createLogger>) {
  const useCases = [{ version: 1, document: useCaseSchema.parse(simulatedUseCase), blockedFields: {} }];
  const list = { environment: "bench", useCases };
  const acs = { listUseCases: async () => ({ etag: "1", list }) };
  const directory = createUseCaseDirectory({ acs, logger });
  await directory.refresh();
  return directory;
}
