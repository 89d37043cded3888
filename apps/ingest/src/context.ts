import type { AcsClient, Clock, Logger, Metrics, Secret, UseCaseDirectory } from "@dit/service-kit";
import type { EventLog } from "@dit/storage";
import type { IngestLimits } from "./limits.ts";

/** What ingest works with. Whoever opened a port or started the directory closes it. */
export interface IngestContext {
  readonly eventLog: Pick<EventLog, "append" | "check">;
  readonly acs: Pick<AcsClient, "redeem" | "confirm" | "listUseCases">;
  readonly directory: Pick<UseCaseDirectory, "environment" | "get" | "check">;
  /** Starts the directory, where nobody has yet: the operator's port answers already, reports are taken only then. */
  readonly connect?: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: IngestServiceConfig;
}

export interface IngestServiceConfig {
  /** Every MAC covers it: it must be the one ACS has. */
  readonly environment: string;
  readonly listenHost: string;
  readonly listenPort: number;
  readonly adminPort: number;
  /** What the edge shows in the `dit-edge` header. */
  readonly edgeSecret: Secret;
  readonly limits?: Partial<IngestLimits>;
}
