import type { UseCaseVersion } from "@dit/service-kit";
import type { Warehouse } from "@dit/storage";
import { cellsSql, type EventScan, personHash, rowsOfNow, WHOLE } from "./event-scan.ts";
import { eventWindow } from "./event-window.ts";
import type { MeasuredField } from "./measure-use-case.ts";
import { thresholdOfPeople } from "./sample-people.ts";
import type { HashKey } from "./value-hash.ts";

export const CURVE_KS = [2, 5, 11, 20, 50, 100] as const;
const MOST_PEOPLE = Math.max(...CURVE_KS);
/** Each of them needs up to a hundred hashes for each value that is looked at. */
const FIELDS_PER_PASS = 4;

/** How a field would be judged by another k. Shares are 0 to 1, one for each of `CURVE_KS`. */
export interface UniquenessCurve {
  readonly event: string;
  readonly field: string;
  /** Of the values, those with fewer than k pids. */
  readonly valuesBelow: readonly number[];
  /** Of the pids, those with a value that fewer than k have. */
  readonly pidsBelow: readonly number[];
}

/** The curves of the single fields that were measured in a window, on samples as large as those of their measurement. */
export async function measureCurves(
  warehouse: Warehouse,
  { document }: Pick<UseCaseVersion, "document">,
  window: number,
  fields: readonly MeasuredField[],
  key: HashKey,
): Promise<UniquenessCurve[]> {
  const curves: UniquenessCurve[] = [];
  const singles = fields.filter(({ measurement }) => measurement.fields.length === 1);
  for (const [event, ofEvent] of Map.groupBy(singles, ({ measurement }) => measurement.event)) {
    for (let first = 0; first < ofEvent.length; first += FIELDS_PER_PASS) {
      const some = ofEvent.slice(first, first + FIELDS_PER_PASS);
      const scan = {
        useCase: document.useCase,
        event,
        key,
        now: eventWindow(document, window),
        before: eventWindow(document, window - 1),
        subjects: some.map(({ measurement }) => measurement),
      };
      const values = await valuesBelow(warehouse, scan, some);
      const pids = await pidsBelow(warehouse, scan, some);
      for (const [index, { measurement }] of some.entries()) {
        const shares = { valuesBelow: values.get(index + 1) ?? [], pidsBelow: pids.get(index + 1) ?? [] };
        curves.push({ event, field: measurement.fields[0], ...shares });
      }
    }
  }
  return curves;
}

type Shares = ReadonlyMap<number, readonly number[]>;

async function valuesBelow(
  warehouse: Warehouse,
  scan: EventScan,
  fields: readonly MeasuredField[],
): Promise<Shares> {
  const thresholds = fields.map(({ sample }) => sample.threshold);
  return sharesOf(
    warehouse,
    `SELECT subject, [${CURVE_KS.map((k) => `countIf(people < ${k}) / count()`).join(", ")}] AS shares
FROM (
  SELECT subject, h, uniqUpTo(${MOST_PEOPLE})(person) AS people
  FROM (${cellsSql(scan, thresholds, rowsOfNow(scan))}) GROUP BY subject, h
) GROUP BY subject`,
  );
}

/** A sample of people, and everyone who shares a value with them; all of them, where there are few. */
async function pidsBelow(
  warehouse: Warehouse,
  scan: EventScan,
  fields: readonly MeasuredField[],
): Promise<Shares> {
  const threshold = `toUInt64(${thresholdOfPeople(fields.map(({ measurement }) => measurement))})`;
  const all = fields.map(() => WHOLE);
  const cells = cellsSql(scan, all, rowsOfNow(scan));
  const drawn = cellsSql(scan, all, `${rowsOfNow(scan)} AND ${personHash(scan.key)} <= ${threshold}`);
  const below = CURVE_KS.map((k) => `uniqExactArrayIf(drawn_people, people < ${k})`);
  return sharesOf(
    warehouse,
    `SELECT subject, arrayMap(hits -> least(1, hits / any(all_drawn)), [${below.join(", ")}]) AS shares
FROM (
  SELECT subject, h, uniqUpTo(${MOST_PEOPLE})(person) AS people,
    groupUniqArrayIf(${MOST_PEOPLE})(person, person <= ${threshold}) AS drawn_people
  FROM (${cells}) WHERE (subject, h) IN (SELECT subject, h FROM (${drawn})) GROUP BY subject, h
) AS by_value
INNER JOIN (SELECT subject, uniqExact(person) AS all_drawn FROM (${drawn}) GROUP BY subject) AS by_subject USING (subject)
GROUP BY subject`,
  );
}

async function sharesOf(warehouse: Warehouse, sql: string): Promise<Shares> {
  const rows = await warehouse.query<{ subject: number; shares: readonly number[] }>(sql);
  return new Map(rows.map(({ subject, shares }) => [Number(subject), shares.map(Number)]));
}
