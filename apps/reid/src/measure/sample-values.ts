import type { Warehouse } from "@dit/storage";
import type { SubjectSize } from "./estimate-sizes.ts";
import { cellsSql, type EventScan, rowsOfBoth, WHOLE } from "./event-scan.ts";

/** What a sample of a subject's values (all of them, where there are few) says; counts are of sampled values. */
export interface ValueSample {
  /** Values with a hash up to here are in the sample. */
  readonly threshold: bigint;
  /** Of all values, 0 to 1. */
  readonly sampledShare: number;
  readonly values: number;
  /** Seen with one pid. */
  readonly unique: number;
  /** Seen with fewer than k pids. */
  readonly rare: number;
  /** Pids with at least one of the sampled rare values. */
  readonly exposedPids: number;
  readonly rows: number;
  /** Sum of n * log2(n) over values, n their rows. */
  readonly rowLogs: number;
  /** Rare in the window before. */
  readonly rareBefore: number;
  /** Rare in the window before and in this one. */
  readonly rareAgain: number;
  /** Rare among one half of the people of the window before, and of these: rare among the other half too. */
  readonly rareInHalf: number;
  readonly rareInBothHalves: number;
  /** Hashes of the rare values, 16 hexadecimal digits: of the run's key alone, for comparison within the run. */
  readonly rareHashes: readonly string[];
}

/**
 * Values kept of each subject, and their expected number: 1.4 % standard error of a count, and no more memory than 8,192 cells of
 * 4 k hashes of people whatever the table holds.
 */
const MAX_VALUES = 8_192;
const SAMPLED_VALUES = 5_400;

function thresholdFor({ mostValues }: SubjectSize): bigint {
  return mostValues <= MAX_VALUES ? WHOLE : (WHOLE / BigInt(mostValues)) * BigInt(SAMPLED_VALUES);
}

/** The share of all values that a threshold keeps. */
function shareOf(threshold: bigint): number {
  return threshold === WHOLE ? 1 : Number(threshold) / Number(WHOLE);
}

/** One pass over both windows. Answers in the order of the subjects. */
export async function sampleValues(
  warehouse: Warehouse,
  scan: EventScan,
  sizes: readonly SubjectSize[],
  k: number,
): Promise<ValueSample[]> {
  const thresholds = sizes.map(thresholdFor);
  // So many of a value's people are kept, each half of them apart: of a value that many have, a split of a few would look rare.
  const kept = (condition: string) => `groupUniqArrayIf(${k})(person, ${condition})`;
  const rare = (people: string) => `length(${people}) BETWEEN 1 AND ${k - 1}`;
  const rows = await warehouse.query<
    Record<keyof Omit<ValueSample, "threshold" | "sampledShare">, number & string[]> & { subject: number }
  >(
    `SELECT subject,
  countIf(notEmpty(now)) AS values,
  countIf(length(now) = 1) AS unique,
  countIf(${rare("now")}) AS rare,
  uniqExactArrayIf(now, ${rare("now")}) AS exposedPids,
  sum(n) AS rows,
  sum(if(n = 0, 0, n * log2(n))) AS rowLogs,
  countIf(${rare("before")}) AS rareBefore,
  countIf(${rare("before")} AND ${rare("now")}) AS rareAgain,
  countIf(${rare("half")}) AS rareInHalf,
  countIf(${rare("half")} AND ${rare("other_half")}) AS rareInBothHalves,
  groupArrayIf(hex(h), ${rare("now")}) AS rareHashes
FROM (
  SELECT subject, h, countIf(is_now) AS n,
    ${kept("is_now")} AS now,
    ${kept("NOT is_now")} AS before,
    ${kept("NOT is_now AND person % 2 = 0")} AS half,
    ${kept("NOT is_now AND person % 2 = 1")} AS other_half
  FROM (${cellsSql(scan, thresholds, rowsOfBoth(scan))})
  GROUP BY subject, h
)
GROUP BY subject`,
  );
  const bySubject = new Map(rows.map((row) => [Number(row.subject), row]));
  return scan.subjects.map((_, index) => {
    const row = bySubject.get(index + 1);
    const count = (name: Exclude<keyof ValueSample, "threshold" | "sampledShare" | "rareHashes">) =>
      Number(row?.[name] ?? 0);
    const threshold = thresholds[index] ?? WHOLE;
    return {
      threshold,
      sampledShare: shareOf(threshold),
      values: count("values"),
      unique: count("unique"),
      rare: count("rare"),
      exposedPids: count("exposedPids"),
      rows: count("rows"),
      rowLogs: count("rowLogs"),
      rareBefore: count("rareBefore"),
      rareAgain: count("rareAgain"),
      rareInHalf: count("rareInHalf"),
      rareInBothHalves: count("rareInBothHalves"),
      rareHashes: row?.rareHashes ?? [],
    };
  });
}
