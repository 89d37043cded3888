import { ensureBaseTables } from "./base-tables.ts";
import type { SinkContext } from "./context.ts";
import { createSalts, type Salts } from "./salts.ts";
import { createSchemas, type Schemas } from "./schemas.ts";
import { createSinkMetrics, type SinkMetrics } from "./sink-metrics.ts";

export const CONSUMER_GROUP = "sink";

/** What the partitions of one sink share. */
export interface SinkParts extends Omit<SinkContext, "metrics"> {
  readonly metrics: SinkMetrics;
  readonly schemas: Schemas;
  readonly salts: Salts;
  /** Makes the tables that belong to no use case, unless they are there. */
  prepareTables(): Promise<void>;
}

export function createSinkParts(context: SinkContext): SinkParts {
  const metrics = createSinkMetrics(context.metrics);
  return {
    ...context,
    metrics,
    schemas: createSchemas(context),
    salts: createSalts(context, metrics),
    prepareTables: () => ensureBaseTables(context.warehouse),
  };
}
