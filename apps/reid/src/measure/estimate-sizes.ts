import type { Warehouse } from "@dit/storage";
import { type EventScan, hashedRowsSql, isValue, rowsOfBoth, subjectHash, tableOf } from "./event-scan.ts";
import { hasValue } from "./value-hash.ts";

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

type WindowRow = Readonly<Record<string, number>>;

/** Sketches of fixed size in one pass over both windows: what later passes need to bound their memory. */
export async function estimateSizes(warehouse: Warehouse, scan: EventScan): Promise<SubjectSize[]> {
  const counts = await countRows(warehouse, scan);
  const inEveryRow = scan.subjects.map((_, index) =>
    counts.every((window) => Number(window[`rows_${index}`]) === Number(window.all_rows)),
  );
  const columns = scan.subjects.flatMap((subject, index) => {
    const hash = subjectHash(scan, subject);
    return [
      // Most fields are in every row, and have the same pids: a sketch for each of them would take a quarter of the pass.
      ...(inEveryRow[index] ? [] : [`uniqCombined64If(17)(pid, ${isValue(hash)}) AS pids_${index}`]),
      `uniqCombined64If(15)(${hash}, ${isValue(hash)}) AS values_${index}`,
    ];
  });
  const sketches = await warehouse.query<WindowRow>(
    `SELECT is_now, uniqCombined64(17)(pid) AS all_pids, ${columns.join(",\n  ")}
FROM (${hashedRowsSql(scan, rowsOfBoth(scan))}) GROUP BY is_now`,
  );
  const pidsOf = (window: WindowRow | undefined, index: number) =>
    Number(window?.[inEveryRow[index] ? "all_pids" : `pids_${index}`] ?? 0);
  return scan.subjects.map((_, index) => ({
    rows: Number(counts.find(isNow)?.[`rows_${index}`] ?? 0),
    pids: pidsOf(sketches.find(isNow), index),
    pidsBefore: pidsOf(
      sketches.find((window) => !isNow(window)),
      index,
    ),
    mostValues: Math.max(0, ...sketches.map((window) => Number(window[`values_${index}`] ?? 0))),
  }));
}

/** Reads which rows have a value, and no value. */
function countRows(warehouse: Warehouse, scan: EventScan): Promise<WindowRow[]> {
  const rows = scan.subjects.map((subject, index) => `countIf(${hasValue(subject)}) AS rows_${index}`);
  return warehouse.query(
    `SELECT epoch >= ${scan.now.firstEpoch} AS is_now, count() AS all_rows, ${rows.join(",\n  ")}
FROM ${tableOf(scan)} WHERE ${rowsOfBoth(scan)} GROUP BY is_now`,
  );
}

function isNow({ is_now }: WindowRow): boolean {
  return Number(is_now) === 1;
}
