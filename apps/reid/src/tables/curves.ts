import { inColumns, type TableDialect, type Warehouse } from "@dit/storage";
import { CURVE_KS, type UniquenessCurve } from "../measure/measure-curves.ts";
import { toDateTime } from "./date-time.ts";

export const CURVES_TABLE = "dit.reid_curves";

export function createCurves({ onCluster, engine, settings }: TableDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${CURVES_TABLE}${onCluster} (
  measured_at DateTime('UTC') COMMENT 'When the run began [s]',
  use_case LowCardinality(String) COMMENT 'Use case',
  event LowCardinality(String) COMMENT 'Event',
  fields Array(String) COMMENT 'One field',
  window UInt32 COMMENT 'Rotation window, which was over [rotation periods since 1970]',
  k UInt16 COMMENT 'What is counted has fewer pids [pids]',
  values_below Float64 COMMENT 'Of the values, those with fewer than k pids [share]',
  pids_below Float64 COMMENT 'Of the pids, those with a value that fewer than k have [share]'
) ENGINE = ${engine(CURVES_TABLE)}
PARTITION BY toYYYYMM(measured_at)
ORDER BY (use_case, event, fields, window, k, measured_at)
TTL measured_at + toIntervalDay(400)
SETTINGS ${settings}
COMMENT 'How unique the values of a field are, by what is called rare; no value of a field is in it'`;
}

/** All of a use case's window in one insert. */
export async function storeCurves(
  warehouse: Warehouse,
  runId: string,
  of: { readonly measuredAtSeconds: number; readonly useCase: string; readonly window: number },
  curves: readonly UniquenessCurve[],
): Promise<void> {
  const rows = curves.flatMap(({ event, field, valuesBelow, pidsBelow }) =>
    CURVE_KS.map((k, index) => ({
      measured_at: toDateTime(of.measuredAtSeconds),
      use_case: of.useCase,
      event,
      fields: [field],
      window: of.window,
      k,
      values_below: valuesBelow[index] ?? 0,
      pids_below: pidsBelow[index] ?? 0,
    })),
  );
  if (rows.length === 0) return;
  const deduplicationToken = `reid-curves:${runId}:${of.useCase}:${of.window}`;
  await warehouse.insert({ table: CURVES_TABLE, ...inColumns(rows), deduplicationToken });
}
