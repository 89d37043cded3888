import { createIngestService } from "@dit/ingest";
import {
  createAcsClient,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Metrics,
  Secret,
  type UseCaseDirectory,
} from "@dit/service-kit";
import { openEventLog, type Surroundings } from "./surroundings.ts";
import { SERVICE_SECRET } from "./watched-acs.ts";

export const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";

export interface IngestInstance {
  readonly url: string;
  readonly metrics: Metrics;
  readonly useCases: UseCaseDirectory;
}

/** One instance of ingest on a socket, before one instance of ACS that it reaches over HTTP. */
export async function startIngest(around: Surroundings, acsUrl: string): Promise<IngestInstance> {
  const { environment, clock, writeLog, cleanup } = around;
  const logger = createLogger({ service: "ingest", clock, write: writeLog });
  const acs = createAcsClient({ baseUrl: acsUrl, serviceSecret: new Secret(SERVICE_SECRET) });
  const useCases = createUseCaseDirectory({ acs, logger, clock });
  await useCases.start();
  cleanup.defer(() => useCases.stop());
  const metrics = createMetrics("ingest");
  const service = createIngestService({
    ...{ acs, directory: useCases, clock, logger, metrics },
    eventLog: await openEventLog(around),
    config: {
      environment,
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      edgeSecret: new Secret(EDGE_SECRET),
      // How many there may be at once is another test's matter.
      limits: { minInFlightReports: 2_048 },
    },
  });
  await service.start();
  cleanup.defer(() => service.stop());
  return { url: service.url ?? "", metrics, useCases };
}
