import { sqlName } from "@dit/storage";
import type { Subject } from "../measurement.ts";
import type { EventWindow } from "./event-window.ts";
import { type HashKey, hasValue, keyedHash, valueHash } from "./value-hash.ts";

/** One event's rows of a rotation window and of the one before, and what of them is measured. */
export interface EventScan {
  readonly useCase: string;
  readonly event: string;
  readonly now: EventWindow;
  readonly before: EventWindow;
  readonly subjects: readonly Subject[];
  readonly key: HashKey;
}

/** 2^64 - 1 stands for "no value"; no threshold reaches it. */
const NO_VALUE = 2n ** 64n - 1n;
/** Keeps every value. */
export const WHOLE = NO_VALUE - 1n;

export function tableOf({ useCase, event }: Pick<EventScan, "useCase" | "event">): string {
  return sqlName(`dit.${useCase}__${event}`);
}

/** SQL condition for the rows of both windows. */
export function rowsOfBoth({ now, before }: EventScan): string {
  return `ingest_day BETWEEN toDate(${before.firstDay}) AND toDate(${now.lastDay}) AND epoch BETWEEN ${before.firstEpoch} AND ${now.lastEpoch}`;
}

/** SQL condition for the rows of the later window. */
export function rowsOfNow({ now }: EventScan): string {
  return `ingest_day BETWEEN toDate(${now.firstDay}) AND toDate(${now.lastDay}) AND epoch BETWEEN ${now.firstEpoch} AND ${now.lastEpoch}`;
}

/**
 * SQL: one row for each value of each subject (1, 2, ...) whose hash `h` is at most the subject's threshold, with the person's hash.
 * A threshold takes the same share of all values in both windows and in every run with this key, and it is what bounds memory: a
 * GROUP BY with a LIMIT would first hold every value there is.
 */
export function cellsSql(scan: EventScan, thresholds: readonly bigint[], rows: string): string {
  const cells = scan.subjects.map(
    (subject, index) =>
      `(toUInt16(${index + 1}), if(${hasValue(subject)}, ${valueHash(scan.key, subject)}, toUInt64(${NO_VALUE})))`,
  );
  const limits = thresholds.map((threshold) => `toUInt64(${threshold})`);
  return `SELECT is_now, person, cell.1 AS subject, cell.2 AS h FROM (
  SELECT epoch >= ${scan.now.firstEpoch} AS is_now, ${personHash(scan.key)} AS person,
    arrayJoin(arrayFilter(c -> c.2 <= [${limits.join(", ")}][c.1], [${cells.join(", ")}])) AS cell
  FROM ${tableOf(scan)} WHERE ${rows}
)`;
}

export function personHash(key: HashKey): string {
  return keyedHash(key, "pid");
}
