import { DEAD_LETTERS_TOPIC, REPORTS_TOPIC } from "@dit/protocol";
import { runMain } from "@dit/service-kit";
import { openDocuments, openEventLog, openWarehouse } from "@dit/storage/engines";
import { loadSinkConfig } from "./config.ts";
import { createStandaloneSink } from "./standalone.ts";

await runMain(async (env) => {
  const config = loadSinkConfig(env);
  const eventLog = { url: config.eventLogUrl?.reveal(), path: config.eventLogPath };
  const documents = { url: config.documentsUrl?.reveal(), path: config.documentsPath };
  const warehouse = { url: config.warehouseUrl?.reveal(), path: config.warehousePath };
  const topics = { used: [REPORTS_TOPIC, DEAD_LETTERS_TOPIC], unread: [DEAD_LETTERS_TOPIC] };
  return await createStandaloneSink(config, {
    eventLog: await openEventLog(eventLog, topics),
    documents: await openDocuments(documents),
    warehouse: await openWarehouse(warehouse),
  });
});
