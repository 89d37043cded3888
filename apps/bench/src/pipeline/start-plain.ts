import { join } from "node:path";
import { REPORTS_TOPIC } from "@dit/protocol";
import { useCaseSchema } from "@dit/protocol/schemas";
import { simulatedUseCase } from "@dit/simulator";
import { CONSUMER_GROUP } from "@dit/sink";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import type { BenchPipeline } from "./bench-pipeline.ts";
import { startPlainIngest } from "./plain-ingest.ts";
import { createPlainTables, runPlainSink } from "./plain-sink.ts";

/** The same box with the anonymous parts left out: no edge, no ACS, no token, no MAC, no pseudonym of the sink's own. */
export async function startPlain(directory: string): Promise<BenchPipeline> {
  const document = useCaseSchema.parse(simulatedUseCase);
  const eventLog = await openLmdbEventLog({ path: join(directory, "log") });
  const warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
  await createPlainTables(document, warehouse);
  const stopping = new AbortController();
  const running = runPlainSink(document, { eventLog, warehouse }, stopping.signal);
  const server = await startPlainIngest(document, eventLog);
  return {
    addresses: { reportsUrl: server.url, acsUrl: "", identityProviderUrl: "", environment: "" },
    async pending() {
      const progress = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
      return progress.reduce((sum, each) => sum + each.endOffset - each.committedOffset, 0);
    },
    async rows() {
      let total = 0;
      for (const event of Object.keys(document.events)) {
        const table = `dit.${document.useCase}__${event}`;
        const [counted] = await warehouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
        total += Number(counted?.rows);
      }
      return total;
    },
    async stop() {
      await server.close();
      stopping.abort();
      await running;
      await eventLog.close();
      await warehouse.close();
    },
  };
}
