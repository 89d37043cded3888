import type { RandomBytes, Sealer } from "@dit/crypto-core";
import type { Clock, Logger, Metrics, UseCaseDirectory } from "@dit/service-kit";
import type { Documents, EventLog, Warehouse } from "@dit/storage";
import type { SinkSettings } from "./settings.ts";

/** Everything the sink is given. Whoever opened a port or started the directory closes it after the sink has stopped. */
export interface SinkContext {
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly documents: Documents;
  /** Seals the salts: only a holder of its key can recompute a `pid` while its window lasts. */
  readonly sealer: Sealer;
  readonly directory: UseCaseDirectory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: SinkSettings;
}
