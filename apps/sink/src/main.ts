import { DEAD_LETTERS_TOPIC } from "@dit/protocol";
import { runMain } from "@dit/service-kit";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { loadSinkConfig } from "./config.ts";
import { createStandaloneSink } from "./standalone.ts";

await runMain(async (env) => {
  const config = loadSinkConfig(env);
  return await createStandaloneSink(config, {
    eventLog: await openLmdbEventLog({ path: config.eventLogPath, unreadTopics: [DEAD_LETTERS_TOPIC] }),
    documents: await openLmdbDocuments({ path: config.documentsPath }),
    warehouse: await openChdbWarehouse({ path: config.warehousePath }),
  });
});
