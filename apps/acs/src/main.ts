import { createSealer } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createLogger, createMetrics, runMain, systemClock } from "@dit/service-kit";
import { openCounters, openDocuments } from "@dit/storage/engines";
import { loadAcsConfig } from "./config.ts";
import { openIssuePool } from "./issue/issue-pool.ts";
import { createAcsService } from "./service.ts";

await runMain(async (env) => {
  const config = loadAcsConfig(env);
  const { countersUrl, documentsUrl, dataDirectory } = config;
  const counters = await openCounters({ url: countersUrl?.reveal(), path: `${dataDirectory}/counters` });
  const documents = await openDocuments({ url: documentsUrl?.reveal(), path: `${dataDirectory}/documents` });
  const poprf = await createLibsodiumPoprf();
  const logger = createLogger({ service: "acs", level: config.logLevel });
  const issuePool = openIssuePool({ poprf, logger, config });
  const service = createAcsService({
    ...{ counters, documents, poprf, issuePool, config, logger, clock: systemClock },
    sealer: await createSealer(config.keyEncryptionKey),
    metrics: createMetrics("acs", { processMetrics: true }),
  });
  const stop = async () => {
    await service.stop();
    await Promise.all([issuePool?.close(), counters.close(), documents.close()]);
  };
  return { ...service, stop };
});
