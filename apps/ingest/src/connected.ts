import {
  createAcsClient,
  createUseCaseDirectory,
  type Service,
  systemClock,
  untilAvailable,
} from "@dit/service-kit";
import type { EventLog } from "@dit/storage";
import type { IngestConfig } from "./config.ts";
import type { IngestContext } from "./context.ts";
import { createIngestService } from "./service.ts";

/** Ingest as a process of its own: with a client of ACS, a directory that follows it, and an event log that it closes. */
export function createConnectedIngest(
  config: IngestConfig,
  ports: Pick<IngestContext, "logger" | "metrics"> & { readonly eventLog: EventLog },
): Service {
  const { acsUrl: baseUrl, serviceSecret } = config;
  const acs = createAcsClient({ baseUrl, serviceSecret, metrics: ports.metrics });
  const directory = createUseCaseDirectory({ acs, logger: ports.logger });
  const stopping = new AbortController();
  const ingest = createIngestService({
    ...ports,
    acs,
    directory,
    connect: () =>
      untilAvailable(directory.start, {
        dependency: "acs",
        signal: stopping.signal,
        logger: ports.logger,
      }),
    clock: systemClock,
    config: { ...config, limits: config },
  });
  return {
    name: ingest.name,
    start: ingest.start,
    async stop() {
      stopping.abort();
      await ingest.stop();
      await directory.stop();
      await ports.eventLog.close();
    },
  };
}
