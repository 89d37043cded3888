import type { Warehouse } from "@dit/storage";
import { overlapOf } from "../src/measure/containment.ts";
import { personHash } from "../src/measure/event-scan.ts";
import { chanceOfReturn } from "../src/measure/linkability.ts";
import { type MeasuredField, measureUseCase } from "../src/measure/measure-use-case.ts";
import type { ValueSample } from "../src/measure/sample-values.ts";
import type { HashKey } from "../src/measure/value-hash.ts";
import { fillWindow, makeUseCase, WINDOW } from "./harness.ts";

/** One estimate against the exact answer. */
export interface Comparison {
  readonly table: number;
  readonly estimate: string;
  readonly exact: number;
  readonly estimated: number;
  /** Standard errors of the estimator that it is off; 0 where it is as exact as it can be told. */
  readonly deviations: number;
  readonly sampled: boolean;
}

interface Table {
  readonly index: number;
  readonly people: number;
  readonly rowsPerPerson: number;
  readonly cardinality: number;
  readonly skew: number;
  readonly ownShare: number;
  readonly k: number;
}

const integer = { type: "integer", min: 0, max: 2 ** 40 } as const;
/** Standard error of a count of pids by a sketch of 2^17 cells. */
const PIDS_ERROR = 0.003;

/**
 * Measures random tables (cardinality, skew, rows of a person, how much a value is a person's own, k: all of them by the seed) and compares
 * each with what brute-force SQL says, and each with the one before for containment. Everything is drawn from the seed, so that a run can be repeated.
 */
export async function compareTables(
  warehouse: Warehouse,
  seed: number,
  tables: number,
): Promise<Comparison[]> {
  const key = { k0: BigInt(seed), k1: 7n };
  const comparisons: Comparison[] = [];
  let previous: { readonly table: Table; readonly field: MeasuredField } | undefined;
  for (let index = 0; index < tables; index++) {
    const table = drawTable(seed, index);
    const field = await plant(warehouse, table, seed, key);
    comparisons.push(...(await compareTable(warehouse, table, field, key)));
    if (previous !== undefined) {
      comparisons.push(...(await compareOverlap(warehouse, previous, { table, field })));
      await warehouse.command(`DROP TABLE dit.table_${index - 1}__sent SYNC`);
    }
    previous = { table, field };
  }
  return comparisons;
}

function drawTable(seed: number, index: number): Table {
  const draw = randomNumbers(seed * 1_000 + index);
  const people = Math.round(1_000 * 50 ** Math.sqrt(draw()));
  return {
    ...{ index, people, rowsPerPerson: 1 + Math.floor(4 * draw()) },
    cardinality: Math.round(4 * 200_000 ** Math.sqrt(draw())),
    skew: 1 + Math.floor(4 * draw()),
    ownShare: draw(),
    k: 2 + Math.floor(20 * draw()),
  };
}

/** Mulberry32: numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function plant(warehouse: Warehouse, table: Table, seed: number, key: HashKey): Promise<MeasuredField> {
  const { index, people, rowsPerPerson, cardinality, skew, ownShare, k } = table;
  const document = makeUseCase(`table_${index}`, { value: integer }, { k });
  const number = (of: string) => `(sipHash64(${of}, ${index}, ${seed}) / 18446744073709551616.)`;
  const uniform = `if(${number("person, 1")} < ${ownShare}, ${number("person, 2")}, ${number("person, n, window, 3")})`;
  const values = { value: `toInt64(${cardinality} * pow(${uniform}, ${skew}))` };
  for (const window of [WINDOW - 1, WINDOW])
    await fillWindow(warehouse, document, { window, people, rowsPerPerson, values });
  const entry = { version: 1, document, blockedFields: {} };
  const [field] = await measureUseCase(warehouse, entry, WINDOW, key, () => false);
  if (field === undefined) throw new Error("nothing was measured");
  return field;
}

/** Of each value: rows, and pids in this window, in the one before, and in the halves of its people. */
function perValue({ index }: Table, key: HashKey): string {
  return `SELECT value, countIf(epoch = ${WINDOW}) AS n, uniqExactIf(pid, epoch = ${WINDOW}) AS now, uniqExactIf(pid, epoch < ${WINDOW}) AS before,
  uniqExactIf(pid, epoch < ${WINDOW} AND ${personHash(key)} % 2 = 0) AS half, uniqExactIf(pid, epoch < ${WINDOW} AND ${personHash(key)} % 2 = 1) AS other_half
FROM dit.table_${index}__sent GROUP BY value`;
}

async function compareTable(
  warehouse: Warehouse,
  table: Table,
  { measurement, sample }: MeasuredField,
  key: HashKey,
): Promise<Comparison[]> {
  const { index, k } = table;
  const rare = (pids: string) => `${pids} BETWEEN 1 AND ${k - 1}`;
  const [values] = await warehouse.query<Record<string, number>>(
    `SELECT countIf(now > 0) AS values, countIf(now = 1) / values AS unique, countIf(${rare("now")}) / values AS rare,
  countIf(${rare("before")}) AS rareBefore, countIf(${rare("before")} AND ${rare("now")}) AS rareAgain,
  countIf(${rare("half")}) AS rareInHalf, countIf(${rare("half")} AND ${rare("other_half")}) AS rareInBothHalves,
  log2(sum(n)) - sum(if(n = 0, 0, n * log2(n))) / sum(n) AS bits
FROM (${perValue(table, key)})`,
  );
  const [people] = await warehouse.query<{ pids: number; exposed: number; spread: number }>(
    `SELECT count() AS pids, countIf(least_people < ${k}) AS exposed, stddevPop(bits) AS spread FROM (
  SELECT pid, min(now) AS least_people, avg(log2(n)) AS bits FROM dit.table_${index}__sent AS rows
  INNER JOIN (${perValue(table, key)}) AS each USING value WHERE epoch = ${WINDOW} GROUP BY pid
)`,
  );
  const exact = (name: string) => Number(values?.[name]);
  const compare = comparer(index, sample.sampledShare);
  const left = 1 - sample.sampledShare;
  const pids = Number(people?.pids);
  const exposed = Number(people?.exposed) / pids;
  const { exposedPids } = measurement;
  const undrawn = sample.sampledShare === 1 ? 0 : 1 - exposedPids.sample / pids;
  const sketched = sample.sampledShare === 1 ? exposed * PIDS_ERROR : 0;
  const compareRatio = (name: string, hits: keyof Counts, all: keyof Counts) => {
    const share = exact(hits) / exact(all);
    return compare(name, share, sample[hits] / sample[all], ...shareError(share, sample[all], left));
  };
  return [
    compare(
      "values",
      exact("values"),
      measurement.values,
      Math.sqrt((exact("values") * left) / sample.sampledShare),
      0.5,
    ),
    compare(
      "potential 2",
      exact("unique"),
      measurement.potential2.share,
      ...shareError(exact("unique"), sample.values, left),
    ),
    compare(
      "potential k",
      exact("rare"),
      measurement.potentialK.share,
      ...shareError(exact("rare"), sample.values, left),
    ),
    compare(
      "exposed pids",
      exposed,
      exposedPids.share,
      Math.hypot(sketched, shareError(exposed, exposedPids.sample, undrawn)[0]),
      0.5 / pids,
    ),
    compare(
      "entropy",
      exact("bits"),
      measurement.entropyBits,
      Number(people?.spread) * Math.sqrt(undrawn / exposedPids.sample),
      1e-6,
    ),
    compareRatio("rare again", "rareAgain", "rareBefore"),
    compareRatio("rare in both halves", "rareInBothHalves", "rareInHalf"),
  ].filter(({ exact, estimated }) => Number.isFinite(exact) && Number.isFinite(estimated));
}

type Counts = Pick<ValueSample, "rareAgain" | "rareBefore" | "rareInHalf" | "rareInBothHalves">;

async function compareOverlap(
  warehouse: Warehouse,
  a: { readonly table: Table; readonly field: MeasuredField },
  b: { readonly table: Table; readonly field: MeasuredField },
): Promise<Comparison[]> {
  const overlap = overlapOf(a.field.sample, b.field.sample);
  if (overlap === undefined) return [];
  const rareOf = ({ table: { index, k } }: typeof a) =>
    `SELECT value FROM dit.table_${index}__sent WHERE epoch = ${WINDOW} GROUP BY value HAVING uniqExact(pid) < ${k}`;
  const [row] = await warehouse.query<{ a: number; b: number; both: number }>(
    `SELECT (SELECT count() FROM (${rareOf(a)})) AS a, (SELECT count() FROM (${rareOf(b)})) AS b,
  (SELECT count() FROM (${rareOf(a)}) WHERE value IN (${rareOf(b)})) AS both`,
  );
  const [inA, inB, both] = [Number(row?.a), Number(row?.b), Number(row?.both)];
  const sampledShare = Math.min(a.field.sample.sampledShare, b.field.sample.sampledShare);
  const compare = comparer(b.table.index, sampledShare);
  const { containment, jaccard } = overlap;
  const chance = chanceOfReturn(a.field.sample);
  const beyond = chance === 1 ? 0 : Math.max(0, (both / inA - chance) / (1 - chance));
  const [error, step] = shareError(both / inA, containment.sample, 1 - sampledShare);
  const union = inA + inB - both;
  return [
    compare(
      "containment",
      beyond,
      containment.share,
      error / Math.max(1e-9, 1 - chance),
      step / Math.max(1e-9, 1 - chance),
    ),
    compare(
      "jaccard",
      both / union,
      jaccard,
      ...shareError(both / union, union * sampledShare, 1 - sampledShare),
    ),
  ];
}

/** Of a share seen in a sample without putting back, `left` being the share that was not looked at; and half of what one more would be. */
function shareError(share: number, sample: number, left: number): [number, number] {
  return [Math.sqrt((share * (1 - share) * left) / sample), 0.5 / sample];
}

function comparer(table: number, sampledShare: number) {
  return (
    estimate: string,
    exact: number,
    estimated: number,
    error: number,
    tolerance: number,
  ): Comparison => {
    const off = Math.max(0, Math.abs(estimated - exact) - tolerance);
    const deviations = off < 1e-9 ? 0 : off / error;
    return { table, estimate, exact, estimated, deviations, sampled: sampledShare < 1 };
  };
}
