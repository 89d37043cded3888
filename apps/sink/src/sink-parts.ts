import type { SinkContext } from "./context.ts";
import { CREATE_DEAD_LETTERS } from "./dead-letters.ts";
import { CREATE_LEDGER } from "./ledger.ts";
import { CREATE_REPEATS } from "./repeats.ts";
import { createSalts, type Salts } from "./salts.ts";
import { createSchemas, type Schemas } from "./schemas.ts";
import { createSinkMetrics, type SinkMetrics } from "./sink-metrics.ts";

export const CONSUMER_GROUP = "sink";

/** What the partitions of one sink share. */
export interface SinkParts extends Omit<SinkContext, "metrics"> {
  readonly metrics: SinkMetrics;
  readonly schemas: Schemas;
  readonly salts: Salts;
  /** Makes the tables that belong to no use case. */
  prepareTables(): Promise<void>;
}

export function createSinkParts(context: SinkContext): SinkParts {
  const metrics = createSinkMetrics(context.metrics);
  return {
    ...context,
    metrics,
    schemas: createSchemas(context),
    salts: createSalts(context, metrics),
    async prepareTables() {
      await context.warehouse.command("CREATE DATABASE IF NOT EXISTS dit");
      for (const statement of [CREATE_LEDGER, CREATE_DEAD_LETTERS, CREATE_REPEATS]) {
        await context.warehouse.command(statement);
      }
    },
  };
}
