import type { Warehouse } from "@dit/storage";
import type { SubjectSize } from "./estimate-sizes.ts";
import { cellsSql, type EventScan, personHash, rowsOfNow, WHOLE } from "./event-scan.ts";

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
 * For subjects with more values than are kept. A sample of values cannot say how many people are exposed: who has many rare values is
 * more likely to be met in it. So people are drawn, and all that share a value with them are counted. Two passes over one window.
 */
export async function samplePeople(
  warehouse: Warehouse,
  scan: EventScan,
  sizes: readonly SubjectSize[],
  k: number,
): Promise<PeopleSample[]> {
  const drawn = `person <= toUInt64(${thresholdOfPeople(sizes)})`;
  const all = scan.subjects.map(() => WHOLE);
  const cells = cellsSql(scan, all, rowsOfNow(scan));
  const cellsOfDrawn = cellsSql(
    scan,
    all,
    `${rowsOfNow(scan)} AND ${drawn.replace("person", personHash(scan.key))}`,
  );
  const rowCounts = sizes.map(({ rows }) => rows);
  const drawnPeople = await warehouse.query<{ subject: number; pids: number }>(
    `SELECT subject, uniqExact(person) AS pids FROM (${cellsOfDrawn}) GROUP BY subject`,
  );
  const rows = await warehouse.query<{ subject: number; exposed: number; bits: number }>(
    `SELECT subject,
  uniqExactArrayIf(drawn_people, people < ${k}) AS exposed,
  sum(drawn_rows * (log2([${rowCounts.join(", ")}][subject]) - log2(n))) / sum(drawn_rows) AS bits
FROM (
  SELECT subject, h, count() AS n, countIf(${drawn}) AS drawn_rows, uniqUpTo(${k})(person) AS people,
    groupUniqArrayIf(${k})(person, ${drawn}) AS drawn_people
  FROM (${cells})
  WHERE (subject, h) IN (SELECT subject, h FROM (${cellsOfDrawn}))
  GROUP BY subject, h
)
GROUP BY subject`,
  );
  return scan.subjects.map((_, index) => {
    const isThis = ({ subject }: { subject: number }) => Number(subject) === index + 1;
    const row = rows.find(isThis);
    return {
      pids: Number(drawnPeople.find(isThis)?.pids ?? 0),
      exposedPids: Number(row?.exposed ?? 0),
      entropyBits: Number(row?.bits ?? 0),
    };
  });
}

/** People with a hash up to here are drawn. */
export function thresholdOfPeople(sizes: readonly Pick<SubjectSize, "rows" | "pids">[]): bigint {
  const mostRows = Math.max(1, ...sizes.map(({ rows }) => rows));
  const mostPids = Math.max(1, ...sizes.map(({ pids }) => pids));
  const share = Math.max(SAMPLED_ROWS / mostRows, MIN_SAMPLED_PIDS / mostPids);
  return share >= 1 ? WHOLE : BigInt(Math.round(share * 2 ** 53)) << 11n;
}
