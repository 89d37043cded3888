import type { UseCaseVersion } from "@dit/service-kit";
import type { Warehouse } from "@dit/storage";
import { cellsSql, type EventScan, rowsOfNow, thresholdOf } from "./event-scan.ts";
import { eventWindow } from "./event-window.ts";
import type { MeasuredField } from "./measure-use-case.ts";
import { countDrawn, thresholdOfPeople, valuesAndDrawn } from "./sample-people.ts";
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
      curves.push(...(await measureChunk(warehouse, scan, some)));
    }
  }
  return curves;
}

interface CurveRow {
  readonly subject: number;
  readonly valuesBelow: readonly number[];
  readonly pidsBelow: readonly number[];
}

async function measureChunk(
  warehouse: Warehouse,
  scan: EventScan,
  fields: readonly MeasuredField[],
): Promise<UniquenessCurve[]> {
  const thresholds = fields.map(({ sample }) => sample.threshold);
  const peopleThresholds = fields.map(({ measurement }) => thresholdOfPeople(measurement));
  const drawn = await countDrawn(warehouse, scan, peopleThresholds);
  const cells = cellsSql(scan, valuesAndDrawn(scan, thresholds, peopleThresholds), rowsOfNow(scan));
  const shares = await warehouse.query<CurveRow>(
    `SELECT subject,
  [${CURVE_KS.map((k) => `countIf(kept AND length(people) < ${k}) / countIf(kept)`).join(", ")}] AS valuesBelow,
  [${CURVE_KS.map((k) => `uniqExactArrayIf(drawn_people, length(people) < ${k}) / [${drawn.join(", ")}][subject]`).join(", ")}] AS pidsBelow
FROM (
  SELECT subject, h <= ${thresholdOf(thresholds, "subject")} AS kept, groupUniqArray(${MOST_PEOPLE})(person) AS people,
    arrayFilter(one -> one <= ${thresholdOf(peopleThresholds, "subject")}, people) AS drawn_people
  FROM (${cells}) GROUP BY subject, h
) GROUP BY subject`,
  );
  const bySubject = new Map(shares.map((row) => [Number(row.subject), row]));
  return fields.map(
    (
      {
        measurement: {
          event,
          fields: [field],
        },
      },
      index,
    ) => {
      const { valuesBelow = [], pidsBelow = [] } = bySubject.get(index + 1) ?? {};
      return { event, field, valuesBelow: valuesBelow.map(Number), pidsBelow: pidsBelow.map(Number) };
    },
  );
}
