import { webCryptoRandomBytes } from "@dit/crypto-core";
import {
  createAcsAdminClient,
  createAcsClient,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Service,
  systemClock,
  untilAvailable,
} from "@dit/service-kit";
import { type ReidConfig, settingsOf } from "./config.ts";
import type { ReidContext } from "./context.ts";
import { createReidService } from "./service.ts";

/** A monitor in a process of its own: follows ACS over the network, and closes the stores after it has stopped. */
export function createStandaloneReid(
  config: ReidConfig,
  stores: Pick<ReidContext, "warehouse" | "documents">,
): Service {
  const logger = createLogger({ service: "reid", level: config.logLevel });
  const metrics = createMetrics("reid", { processMetrics: true });
  const { acsUrl: baseUrl, serviceSecret, monitorSecret } = config;
  const acs = createAcsClient({ baseUrl, serviceSecret, metrics });
  const directory = createUseCaseDirectory({ acs, logger });
  const stopping = new AbortController();
  const reid = createReidService({
    ...stores,
    directory,
    acs: createAcsAdminClient({ baseUrl, adminSecret: monitorSecret }),
    clock: systemClock,
    random: webCryptoRandomBytes,
    logger,
    metrics,
    config: settingsOf(config),
  });
  return {
    name: reid.name,
    async start() {
      await untilAvailable(directory.start, { dependency: "acs", signal: stopping.signal, logger });
      await reid.start();
    },
    async stop() {
      stopping.abort();
      await reid.stop();
      await directory.stop();
      for (const store of [stores.documents, stores.warehouse]) await store.close();
    },
  };
}
