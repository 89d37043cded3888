import type { Clock, Logger, Metrics, Secret } from "@dit/service-kit";
import type { EdgeLimits } from "./limits.ts";

/** What the edge works with. */
export interface EdgeContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Ingest's own handler, where it is in this process: reports go to it, and no connection is made for them. */
  readonly ingestFetch?: (request: Request) => Response | Promise<Response>;
  readonly config: EdgeServiceConfig;
}

export interface EdgeServiceConfig {
  readonly listenHost: string;
  readonly listenPort: number;
  readonly adminPort: number;
  /** Of ingest; only its origin is used. */
  readonly ingestUrl: string;
  /** What ingest asks of whoever sends it reports. */
  readonly edgeSecret: Secret;
  readonly limits?: Partial<EdgeLimits>;
}
