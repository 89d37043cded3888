import { inColumns, type TableDialect, type Warehouse } from "@dit/storage";
import type { Level } from "../decide/finding.ts";
import type { Containment } from "../measurement.ts";
import { toDateTime } from "./date-time.ts";

export const CONTAINMENTS_TABLE = "dit.reid_containments";

export interface ScoredContainment {
  readonly containment: Containment;
  readonly level: Level;
}

export function createContainments({ onCluster, engine, settings }: TableDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${CONTAINMENTS_TABLE}${onCluster} (
  measured_at DateTime('UTC') COMMENT 'When the run began [s]',
  use_case LowCardinality(String) COMMENT 'Use case whose rare values were looked for',
  event LowCardinality(String) COMMENT 'Its event',
  field LowCardinality(String) COMMENT 'Its field',
  in_use_case LowCardinality(String) COMMENT 'Use case in which they were looked for',
  in_event LowCardinality(String) COMMENT 'Its event',
  in_field LowCardinality(String) COMMENT 'Its field',
  containment Float64 COMMENT 'Of the rare values, those that are rare values there too, beyond chance [share]',
  containment_lower Float64 COMMENT 'Wilson lower bound at 95 % [share]',
  containment_upper Float64 COMMENT 'Wilson upper bound at 95 % [share]',
  jaccard Float64 COMMENT 'Of all rare values of both, those that are in both [share]',
  sample UInt64 COMMENT 'Rare values that were looked for [values]',
  level LowCardinality(String) COMMENT 'fine, uncertain, warn or block'
) ENGINE = ${engine(CONTAINMENTS_TABLE)}
PARTITION BY toYYYYMM(measured_at)
ORDER BY (use_case, event, field, in_use_case, in_event, in_field, measured_at)
TTL measured_at + toIntervalDay(400)
SETTINGS ${settings}
COMMENT 'Which fields of different use cases could be joined; pairs of fields that share nothing are left out'`;
}

/** All of a run in one insert. */
export async function storeContainments(
  warehouse: Warehouse,
  runId: string,
  measuredAtSeconds: number,
  scored: readonly ScoredContainment[],
): Promise<void> {
  const rows = scored.map(({ containment: { of, in: where, containment, jaccard }, level }) => ({
    measured_at: toDateTime(measuredAtSeconds),
    use_case: of.useCase,
    event: of.event,
    field: of.fields[0],
    in_use_case: where.useCase,
    in_event: where.event,
    in_field: where.fields[0],
    containment: containment.share,
    containment_lower: containment.lower,
    containment_upper: containment.upper,
    jaccard,
    sample: containment.sample,
    level,
  }));
  if (rows.length === 0) return;
  await warehouse.insert({
    table: CONTAINMENTS_TABLE,
    ...inColumns(rows),
    deduplicationToken: `reid-containments:${runId}`,
  });
}
