import { runMain } from "@dit/service-kit";
import { openDocuments, openWarehouse } from "@dit/storage/engines";
import { loadReidConfig } from "./config.ts";
import { createStandaloneReid } from "./standalone.ts";

await runMain(async (env) => {
  const config = loadReidConfig(env);
  const documents = { url: config.documentsUrl?.reveal(), path: config.documentsPath };
  const warehouse = { url: config.warehouseUrl?.reveal(), path: config.warehousePath };
  return createStandaloneReid(config, {
    documents: await openDocuments(documents),
    warehouse: await openWarehouse(warehouse),
  });
});
