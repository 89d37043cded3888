import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import {
  createAcsClient,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Service,
  systemClock,
  untilAvailable,
} from "@dit/service-kit";
import type { SinkConfig } from "./config.ts";
import { settingsOf } from "./config.ts";
import type { SinkContext } from "./context.ts";
import { createSinkService } from "./service.ts";

type Stores = Pick<SinkContext, "eventLog" | "documents" | "warehouse">;

/** A sink in a process of its own: follows ACS over the network, and closes the stores after it has stopped. */
export async function createStandaloneSink(config: SinkConfig, stores: Stores): Promise<Service> {
  const logger = createLogger({ service: "sink", level: config.logLevel });
  const metrics = createMetrics("sink", { processMetrics: true });
  const { acsUrl: baseUrl, serviceSecret } = config;
  const acs = createAcsClient({ baseUrl, serviceSecret, metrics });
  const directory = createUseCaseDirectory({ acs, logger });
  const stopping = new AbortController();
  const sink = createSinkService({
    ...stores,
    directory,
    sealer: await createSealer(config.keyEncryptionKey),
    clock: systemClock,
    random: webCryptoRandomBytes,
    logger,
    metrics,
    config: settingsOf(config),
  });
  return {
    name: sink.name,
    async start() {
      // Reports wait in the log until ACS has said what their use cases are; the operator's port answers meanwhile.
      await sink.start();
      await untilAvailable(directory.start, { dependency: "acs", signal: stopping.signal, logger });
    },
    async stop() {
      stopping.abort();
      await sink.stop();
      await directory.stop();
      for (const store of [stores.eventLog, stores.documents, stores.warehouse]) await store.close();
    },
  };
}
