import { sqlName } from "@dit/storage";
import type { Subject } from "../measurement.ts";
import type { EventWindow } from "./event-window.ts";
import { type HashKey, keyedHash, valueHash } from "./value-hash.ts";

/** One event's rows of a rotation window and of the one before, and what of them is measured. */
export interface EventScan {
  readonly useCase: string;
  readonly event: string;
  readonly now: EventWindow;
  readonly before: EventWindow;
  readonly subjects: readonly Subject[];
  readonly key: HashKey;
}

/** Stands for "no value"; no threshold reaches it. */
const NO_VALUE = 2n ** 64n - 1n;
/** Keeps every value, or every person. */
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
 * SQL: of each row whether it `is_now`, its `pid`, the hash of it as `person`, and that of each field (`v_0`, ...). A field is written once
 * though it be in many pairs: over small tables the engine takes longer to read a query than to answer it.
 */
export function hashedRowsSql(scan: EventScan, rows: string): string {
  const fields = fieldsOf(scan).map(
    (field, index) =>
      `if(isNotNull(${sqlName(field)}), ${valueHash(scan.key, field)}, toUInt64(${NO_VALUE})) AS v_${index}`,
  );
  return `SELECT epoch >= ${scan.now.firstEpoch} AS is_now, pid, ${personHash(scan.key)} AS person, ${fields.join(",\n  ")}
FROM ${tableOf(scan)} WHERE ${rows}`;
}

/** SQL over hashed rows: the hash of a subject's value. Those of a pair are keyed already, and only have to be mixed. */
export function subjectHash(scan: EventScan, { fields: [first, second] }: Subject): string {
  const all = fieldsOf(scan);
  const one = `v_${all.indexOf(first)}`;
  if (second === undefined) return one;
  const other = `v_${all.indexOf(second)}`;
  return `if(greatest(${one}, ${other}) = ${NO_VALUE}, toUInt64(${NO_VALUE}), intHash64(bitXor(${one}, bitRotateLeft(${other}, 1))))`;
}

/** SQL condition over a subject's hash: there is a value. */
export function isValue(hash: string): string {
  return `${hash} != ${NO_VALUE}`;
}

function fieldsOf({ subjects }: EventScan): string[] {
  return [...new Set(subjects.flatMap(({ fields }) => fields))];
}

/**
 * SQL: one row for each value of each subject (1, 2, ...), with its hash `h` and the person's, of those that a condition over `is_now`,
 * `person` and the cell `c` (its subject and hash) keeps. A condition that takes the same share of all values or people whatever the
 * table holds is what bounds memory: a GROUP BY with a LIMIT would first hold every value there is.
 */
export function cellsSql(scan: EventScan, keeps: string, rows: string): string {
  const cells = scan.subjects.map(
    (subject, index) => `(toUInt16(${index + 1}), ${subjectHash(scan, subject)})`,
  );
  return `SELECT is_now, person, cell.1 AS subject, cell.2 AS h FROM (
  SELECT is_now, person, arrayJoin(arrayFilter(c -> ${keeps}, [${cells.join(", ")}])) AS cell
  FROM (${hashedRowsSql(scan, rows)})
)`;
}

/** SQL condition: a cell's value has a hash up to its subject's threshold. It is the same values in both windows and in every run with this key. */
export function valuesUpTo(thresholds: readonly bigint[]): string {
  return `c.2 <= ${thresholdOf(thresholds, "c.1")}`;
}

/** SQL: the threshold of a subject, given by an expression. */
export function thresholdOf(thresholds: readonly bigint[], subject: string): string {
  const [first, ...others] = new Set(thresholds);
  if (first !== undefined && others.length === 0) return `toUInt64(${first})`;
  return `[${thresholds.map((threshold) => `toUInt64(${threshold})`).join(", ")}][${subject}]`;
}

export function personHash(key: HashKey): string {
  return keyedHash(key, "pid");
}
