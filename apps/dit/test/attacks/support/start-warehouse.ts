import { join } from "node:path";
import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import { createLogger, createMetrics, type UseCaseDirectory } from "@dit/service-kit";
import { createSinkService, DEFAULT_SINK_SETTINGS } from "@dit/sink";
import type { Warehouse } from "@dit/storage";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { closedBy, openDocuments, openEventLog, type Surroundings } from "./surroundings.ts";
import { KEY_ENCRYPTION_KEY } from "./watched-acs.ts";

/** A warehouse, and a sink that fills it. Once a process, since the engine has one data directory. */
export async function startWarehouse(around: Surroundings, directory: UseCaseDirectory): Promise<Warehouse> {
  const { clock, writeLog, cleanup } = around;
  const path = join(around.directory, "warehouse");
  const warehouse = closedBy(cleanup, await openChdbWarehouse({ path }));
  const sink = createSinkService({
    ...{ warehouse, directory, clock },
    eventLog: await openEventLog(around),
    documents: await openDocuments(around),
    sealer: await createSealer(KEY_ENCRYPTION_KEY),
    random: webCryptoRandomBytes,
    logger: createLogger({ service: "sink", clock, write: writeLog }),
    metrics: createMetrics("sink"),
    config: { ...DEFAULT_SINK_SETTINGS, adminPort: 0, batch: { maxEvents: 10_000, maxWaitMs: 50 } },
  });
  await sink.start();
  cleanup.defer(() => sink.stop());
  return warehouse;
}
