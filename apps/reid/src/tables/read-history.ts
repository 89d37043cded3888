import type { Warehouse } from "@dit/storage";
import { HISTORY_WINDOWS, type Series } from "../decide/drift.ts";
import type { Measurement, Subject } from "../measurement.ts";
import { SCORES_TABLE } from "./scores.ts";

/** Final measurements of one version's subjects before a window, oldest first, by `seriesKey`. */
export async function readHistory(
  warehouse: Warehouse,
  { useCase, schemaVersion, window }: Pick<Measurement, "useCase" | "schemaVersion" | "window">,
): Promise<ReadonlyMap<string, Series[]>> {
  const rows = await warehouse.query<{ event: string; fields: [string]; values: number; bits: number }>(
    `SELECT event, fields, argMax(value_count, measured_at) AS values, argMax(entropy_bits, measured_at) AS bits
FROM ${SCORES_TABLE}
WHERE use_case = {useCase:String} AND schema_version = {schemaVersion:UInt32} AND final
  AND window < {window:UInt32} AND window + {windows:UInt32} >= {window:UInt32}
GROUP BY event, fields, window ORDER BY window`,
    { useCase, schemaVersion, window, windows: HISTORY_WINDOWS },
  );
  const history = new Map<string, Series[]>();
  for (const { event, fields, values, bits } of rows) {
    const key = seriesKey({ event, fields });
    history.set(key, [...(history.get(key) ?? []), { values: Number(values), entropyBits: Number(bits) }]);
  }
  return history;
}

export function seriesKey({ event, fields }: Pick<Subject, "event" | "fields">): string {
  return `${event}.${fields.join("+")}`;
}
