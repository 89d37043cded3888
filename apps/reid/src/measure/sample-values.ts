import type { Warehouse } from "@dit/storage";
import type { SubjectSize } from "./estimate-sizes.ts";
import { cellsSql, type EventScan, rowsOfBoth, thresholdOf, WHOLE } from "./event-scan.ts";
import { countDrawn, type PeopleSample, thresholdOfPeople, valuesAndDrawn } from "./sample-people.ts";

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

export interface SubjectSample {
  readonly values: ValueSample;
  /** Where not all values are known. */
  readonly people: PeopleSample | undefined;
}

/**
 * Values kept of each subject, and their expected number: 1.4 % standard error of a count, and no more memory than 8,192 cells of
 * 4 k hashes of people whatever the table holds.
 */
const MAX_VALUES = 8_192;
const SAMPLED_VALUES = 5_400;

/** Whether not all of a subject's values are kept. */
export function isSampled({ mostValues }: SubjectSize): boolean {
  return mostValues > MAX_VALUES;
}

function thresholdFor(size: SubjectSize): bigint {
  return isSampled(size) ? (WHOLE / BigInt(size.mostValues)) * BigInt(SAMPLED_VALUES) : WHOLE;
}

/** The share of all values that a threshold keeps. */
function shareOf(threshold: bigint): number {
  return threshold === WHOLE ? 1 : Number(threshold) / Number(WHOLE);
}

type Counted = Exclude<keyof ValueSample, "threshold" | "sampledShare" | "rareHashes">;
type SampleRow = Readonly<Record<Counted | "subject" | "exposed" | "bits", number>> & {
  readonly rareHashes: readonly string[];
};

/** One pass over both windows for the values, and for the people if any are drawn. Answers in the order of the subjects. */
export async function sampleValues(
  warehouse: Warehouse,
  scan: EventScan,
  sizes: readonly SubjectSize[],
  k: number,
): Promise<SubjectSample[]> {
  const thresholds = sizes.map(thresholdFor);
  const peopleThresholds = sizes.map(thresholdOfPeople);
  const drawn = sizes.some(isSampled) ? await countDrawn(warehouse, scan, peopleThresholds) : [];
  const cells = cellsSql(scan, valuesAndDrawn(scan, thresholds, peopleThresholds), rowsOfBoth(scan));
  const rows = await warehouse.query<SampleRow>(
    sampleSql(
      cells,
      k,
      thresholdOf(thresholds, "subject"),
      thresholdOf(peopleThresholds, "subject"),
      sizes.map(({ rows }) => rows),
    ),
  );
  const bySubject = new Map(rows.map((row) => [Number(row.subject), row]));
  return sizes.map((size, index) => {
    const row = bySubject.get(index + 1);
    return {
      values: toValues(row, thresholds[index] ?? WHOLE),
      people: isSampled(size)
        ? {
            pids: drawn[index] ?? 0,
            exposedPids: Number(row?.exposed ?? 0),
            entropyBits: Number(row?.bits ?? 0),
          }
        : undefined,
    };
  });
}

/**
 * Of each value so many people as `k` are kept, and counted of either half of them apart: of a value that many have, a split of a few would
 * look rare. Whether a value is rare is asked once, as a column: over small tables conditions, and what the engine concludes from chains of them, take
 * it longer to plan than to answer.
 */
function sampleSql(
  cells: string,
  k: number,
  threshold: string,
  peopleThreshold: string,
  rowCounts: readonly number[],
): string {
  const rare = (people: string) => `${people} BETWEEN 1 AND ${k - 1}`;
  return `SELECT subject,
  countIf(kept AND is_there) AS values,
  countIf(kept AND is_unique) AS unique,
  countIf(kept AND is_rare) AS rare,
  countIf(kept AND was_rare) AS rareBefore,
  countIf(kept AND was_rare AND is_rare) AS rareAgain,
  countIf(kept AND rare_in_half) AS rareInHalf,
  countIf(kept AND rare_in_half AND rare_in_other) AS rareInBothHalves,
  uniqExactArrayIf(now, kept AND is_rare) AS exposedPids,
  sumIf(n, kept) AS rows,
  sumIf(n * log2(n), kept AND is_there) AS rowLogs,
  groupArrayIf(hex(h), kept AND is_rare) AS rareHashes,
  uniqExactArrayIf(arrayFilter(person -> person <= ${peopleThreshold}, now), is_rare) AS exposed,
  sumIf(drawn_rows * (log2([${rowCounts.join(", ")}][subject]) - log2(n)), is_there) / sum(drawn_rows) AS bits
FROM (
  SELECT subject, h, n, now, drawn_rows, h <= ${threshold} AS kept,
    notEmpty(now) AS is_there, length(now) = 1 AS is_unique, ${rare("length(now)")} AS is_rare,
    ${rare("half + other_half")} AS was_rare, ${rare("half")} AS rare_in_half, ${rare("other_half")} AS rare_in_other
  FROM (
    SELECT subject, h, countIf(is_now) AS n, countIf(is_now AND person <= ${peopleThreshold}) AS drawn_rows,
      groupUniqArrayIf(${k})(person, is_now) AS now,
      uniqUpToIf(${k})(person, NOT is_now AND person % 2 = 0) AS half,
      uniqUpToIf(${k})(person, NOT is_now AND person % 2 = 1) AS other_half
    FROM (${cells})
    GROUP BY subject, h
  )
)
GROUP BY subject
SETTINGS optimize_and_compare_chain = 0`;
}

function toValues(row: SampleRow | undefined, threshold: bigint): ValueSample {
  const count = (name: Counted) => Number(row?.[name] ?? 0);
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
}
