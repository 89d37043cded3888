import type { Warehouse } from "@dit/storage";
import { type EventScan, rowsOfBoth, tableOf } from "./event-scan.ts";
import { hasValue, valueHash } from "./value-hash.ts";

/** How large a subject is in the later window, and its number of values in either. */
export interface SubjectSize {
  readonly rows: number;
  /** Within 0.5 %. */
  readonly pids: number;
  /** In the window before. */
  readonly pidsBefore: number;
  /** Within 1 %; of the window that has more. */
  readonly mostValues: number;
}

/** Sketches of fixed size in one pass over both windows: what later passes need to bound their memory. */
export async function estimateSizes(warehouse: Warehouse, scan: EventScan): Promise<SubjectSize[]> {
  const columns = scan.subjects.flatMap((subject, index) => {
    const filled = hasValue(subject);
    return [
      `countIf(${filled}) AS rows_${index}`,
      `uniqCombined64If(17)(pid, ${filled}) AS pids_${index}`,
      `uniqCombined64If(15)(${valueHash(scan.key, subject)}, ${filled}) AS values_${index}`,
    ];
  });
  const windows = await warehouse.query<Record<string, number>>(
    `SELECT epoch >= ${scan.now.firstEpoch} AS is_now, ${columns.join(",\n  ")}
FROM ${tableOf(scan)} WHERE ${rowsOfBoth(scan)} GROUP BY is_now`,
  );
  const now = windows.find(({ is_now }) => Number(is_now) === 1);
  const before = windows.find(({ is_now }) => Number(is_now) === 0);
  return scan.subjects.map((_, index) => ({
    rows: Number(now?.[`rows_${index}`] ?? 0),
    pids: Number(now?.[`pids_${index}`] ?? 0),
    pidsBefore: Number(before?.[`pids_${index}`] ?? 0),
    mostValues: Math.max(0, ...windows.map((window) => Number(window[`values_${index}`] ?? 0))),
  }));
}
