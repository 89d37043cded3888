import type { RandomBytes } from "@dit/crypto-core";
import type { AcsAdminClient, Clock, Logger, Metrics, UseCaseDirectory } from "@dit/service-kit";
import type { Documents, Warehouse } from "@dit/storage";
import type { ReidSettings } from "./settings.ts";

/** Everything the monitor is given. Whoever opened a port or started the directory closes it after the monitor has stopped. */
export interface ReidContext {
  readonly warehouse: Warehouse;
  readonly documents: Documents;
  readonly directory: UseCaseDirectory;
  /** With the monitor's secret: it may block, and see what others decided. */
  readonly acs: Pick<AcsAdminClient, "decideField" | "fieldPolicy">;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: ReidSettings;
  /** For webhook and Alertmanager. */
  readonly fetch?: typeof fetch;
}
