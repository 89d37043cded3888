import type { Warehouse } from "@dit/storage";
import type { SubjectSize } from "./estimate-sizes.ts";
import {
  cellsSql,
  type EventScan,
  personHash,
  rowsOfNow,
  tableOf,
  thresholdOf,
  valuesUpTo,
  WHOLE,
} from "./event-scan.ts";
import { hasValue } from "./value-hash.ts";

/** What a sample of people says about a subject. */
export interface PeopleSample {
  readonly pids: number;
  /** Of them, those with at least one value that fewer than k pids have. */
  readonly exposedPids: number;
  /** Entropy of the value over the rows of the sampled people, in bits. */
  readonly entropyBits: number;
}

/** Rows looked at of each subject: they, and not the table, bound the memory. */
const SAMPLED_ROWS = 65_536;
/** Fewer people could not tell one exposed in a hundred from none. */
const MIN_SAMPLED_PIDS = 4_096;

/**
 * A sample of values cannot say how many people are exposed: who has many rare values is more likely to be met in it. So people are
 * drawn, those with a hash up to here, and all who share a value with them are counted.
 */
export function thresholdOfPeople({ rows, pids }: Pick<SubjectSize, "rows" | "pids">): bigint {
  const share = Math.max(SAMPLED_ROWS / Math.max(1, rows), MIN_SAMPLED_PIDS / Math.max(1, pids));
  return share >= 1 ? WHOLE : BigInt(Math.round(share * 2 ** 53)) << 11n;
}

/** SQL condition for `cellsSql`: the values of a sample, and where that has not all of them those of the people drawn too. */
export function valuesAndDrawn(
  scan: EventScan,
  thresholds: readonly bigint[],
  peopleThresholds: readonly bigint[],
): string {
  const sampled = valuesUpTo(thresholds);
  if (thresholds.every((threshold) => threshold === WHOLE)) return sampled;
  const isDrawn = `${valuesUpTo([WHOLE])} AND person <= ${thresholdOf(peopleThresholds, "c.1")}`;
  // Of the hash alone, as a set of one column is much the faster one; another subject's values of that hash are nobody's who is drawn.
  const drawn = `SELECT h FROM (${cellsSql(scan, isDrawn, rowsOfDrawn(scan, peopleThresholds))})`;
  return `${sampled} OR (is_now AND c.2 IN (${drawn}))`;
}

/** By subject: how many people of the later window are drawn. */
export async function countDrawn(
  warehouse: Warehouse,
  scan: EventScan,
  thresholds: readonly bigint[],
): Promise<number[]> {
  const person = personHash(scan.key);
  const columns = scan.subjects.map(
    (subject, index) =>
      `uniqExactIf(${person}, ${hasValue(subject)} AND ${person} <= toUInt64(${thresholds[index] ?? WHOLE})) AS pids_${index}`,
  );
  const [row] = await warehouse.query<Record<string, number>>(
    `SELECT ${columns.join(",\n  ")} FROM ${tableOf(scan)} WHERE ${rowsOfDrawn(scan, thresholds)}`,
  );
  return scan.subjects.map((_, index) => Number(row?.[`pids_${index}`] ?? 0));
}

function rowsOfDrawn(scan: EventScan, thresholds: readonly bigint[]): string {
  const highest = thresholds.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n;
  return `${rowsOfNow(scan)} AND ${personHash(scan.key)} <= toUInt64(${highest})`;
}
