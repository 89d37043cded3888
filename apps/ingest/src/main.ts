import { DEAD_LETTERS_TOPIC } from "@dit/protocol";
import { createLogger, createMetrics, runMain } from "@dit/service-kit";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { loadIngestConfig } from "./config.ts";
import { createConnectedIngest } from "./connected.ts";

await runMain(async (env) => {
  const config = loadIngestConfig(env);
  return createConnectedIngest(config, {
    eventLog: await openLmdbEventLog({ path: config.eventLogPath, unreadTopics: [DEAD_LETTERS_TOPIC] }),
    logger: createLogger({ service: "ingest", level: config.logLevel }),
    metrics: createMetrics("ingest", { processMetrics: true }),
  });
});
