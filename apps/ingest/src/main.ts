import { DEAD_LETTERS_TOPIC, REPORTS_TOPIC } from "@dit/protocol";
import { createLogger, createMetrics, runMain } from "@dit/service-kit";
import { openEventLog } from "@dit/storage/engines";
import { loadIngestConfig } from "./config.ts";
import { createConnectedIngest } from "./connected.ts";

await runMain(async (env) => {
  const config = loadIngestConfig(env);
  const { eventLogUrl, eventLogPath } = config;
  const location = { url: eventLogUrl?.reveal(), path: eventLogPath };
  return createConnectedIngest(config, {
    eventLog: await openEventLog(location, { used: [REPORTS_TOPIC], unread: [DEAD_LETTERS_TOPIC] }),
    logger: createLogger({ service: "ingest", level: config.logLevel }),
    metrics: createMetrics("ingest", { processMetrics: true }),
  });
});
