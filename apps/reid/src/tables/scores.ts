import { inColumns, type TableDialect, type Warehouse } from "@dit/storage";
import { type Finding, gravest } from "../decide/finding.ts";
import type { Measurement, Share } from "../measurement.ts";
import { toDateTime } from "./date-time.ts";

export const SCORES_TABLE = "dit.reid_scores";

/** A measurement, and what was found about it. */
export interface Scored {
  readonly measurement: Measurement;
  readonly findings: readonly Finding[];
  /** Undefined: no drift. */
  readonly driftBits: number | undefined;
}

/** When, and on how much. */
export interface RunOfWindow {
  readonly measuredAtSeconds: number;
  /** The window was over, and all of its rows were there. */
  readonly final: boolean;
}

const SHARES = {
  potential_2: "Of the values, those with one pid",
  potential_k: "Of the values, those with fewer than k pids",
  exposed_pids: "Of the pids, those with at least one value that fewer than k pids have",
} as const;

export function createScores({ onCluster, engine, settings }: TableDialect): string {
  const shares = Object.entries(SHARES).map(
    ([name, comment]) => `  ${name} Float64 COMMENT '${comment} [share]',
  ${name}_lower Float64 COMMENT 'Wilson lower bound at 95 % [share]',
  ${name}_upper Float64 COMMENT 'Wilson upper bound at 95 % [share]',`,
  );
  return `CREATE TABLE IF NOT EXISTS ${SCORES_TABLE}${onCluster} (
  measured_at DateTime('UTC') COMMENT 'When the run began [s]',
  final Bool COMMENT 'The window was over, and all of its rows were there',
  use_case LowCardinality(String) COMMENT 'Use case',
  event LowCardinality(String) COMMENT 'Event',
  fields Array(String) COMMENT 'One field, or a pair that was measured together',
  schema_version UInt32 COMMENT 'Version of the use-case document: each is a series of its own',
  window UInt32 COMMENT 'Rotation window [rotation periods since 1970]',
  row_count UInt64 COMMENT 'Rows with a value [rows]',
  pids UInt64 COMMENT 'Distinct pids of them, within 0.5 % [pids]',
  value_count UInt64 COMMENT 'Distinct values, estimated where there are many [values]',
  k UInt16 COMMENT 'A value with fewer pids is rare [pids]',
${shares.join("\n")}
  exposed_sample UInt64 COMMENT 'Pids that were looked at [pids]',
  linkability Nullable(Float64) COMMENT 'Of the values rare in the window before, those rare again beyond chance; null where it cannot be told [share]',
  linkability_lower Nullable(Float64) COMMENT 'Wilson lower bound at 95 % [share]',
  linkability_upper Nullable(Float64) COMMENT 'Wilson upper bound at 95 % [share]',
  entropy_bits Float64 COMMENT 'Shannon entropy of the value over rows [bit]',
  drift_bits Nullable(Float64) COMMENT 'How far it is from what it has been; null where its own ups and downs explain it [bit]',
  level LowCardinality(String) COMMENT 'Gravest finding: quarantined, fine, uncertain, warn or block',
  found_by LowCardinality(String) COMMENT 'The score of that finding'
) ENGINE = ${engine(SCORES_TABLE)}
PARTITION BY toYYYYMM(measured_at)
ORDER BY (use_case, event, fields, window, measured_at)
TTL measured_at + toIntervalDay(400)
SETTINGS ${settings}
COMMENT 'What the re-identification monitor measured; no value of a field is in it'`;
}

/** All of a run in one insert: it is there whole or not at all, and once. */
export async function storeScores(
  warehouse: Warehouse,
  runId: string,
  run: RunOfWindow,
  scored: readonly Scored[],
): Promise<void> {
  const rows = scored.map((each) => rowOf(run, each));
  if (rows.length === 0) return;
  await warehouse.insert({
    table: SCORES_TABLE,
    ...inColumns(rows),
    deduplicationToken: `reid-scores:${runId}`,
  });
}

function rowOf({ measuredAtSeconds, final }: RunOfWindow, { measurement, findings, driftBits }: Scored) {
  const { useCase, event, fields, schemaVersion, window, rows, pids, values, k } = measurement;
  const { potential2, potentialK, exposedPids, linkability, entropyBits } = measurement;
  const worst = gravest(findings);
  return {
    measured_at: toDateTime(measuredAtSeconds),
    final,
    use_case: useCase,
    event,
    fields,
    schema_version: schemaVersion,
    window,
    row_count: rows,
    pids,
    value_count: values,
    k,
    ...boundsOf("potential_2", potential2),
    ...boundsOf("potential_k", potentialK),
    ...boundsOf("exposed_pids", exposedPids),
    exposed_sample: exposedPids.sample,
    ...boundsOf("linkability", linkability),
    entropy_bits: entropyBits,
    drift_bits: driftBits ?? null,
    level: worst?.level ?? "fine",
    found_by: worst?.score ?? "",
  };
}

function boundsOf(name: string, share: Share | undefined): Record<string, number | null> {
  return {
    [name]: share?.share ?? null,
    [`${name}_lower`]: share?.lower ?? null,
    [`${name}_upper`]: share?.upper ?? null,
  };
}
