import type { UseCaseVersion } from "@dit/service-kit";
import type { Warehouse } from "@dit/storage";
import type { Measurement, Subject } from "../measurement.ts";
import { eventWindow } from "./event-window.ts";
import { type MeasuredSubject, measureEvent } from "./measure-event.ts";
import type { ValueSample } from "./sample-values.ts";
import type { HashKey } from "./value-hash.ts";

export interface MeasuredField {
  readonly measurement: Measurement;
  readonly sample: ValueSample;
}

/**
 * Measures every field of a use case in one rotation window, and then every pair of fields of an event of which both pass alone: a pair
 * with a member that does not says nothing new. Events that nobody has sent yet are left out.
 */
export async function measureUseCase(
  warehouse: Warehouse,
  { version, document }: UseCaseVersion,
  window: number,
  key: HashKey,
  passesAlone: (measurement: Measurement) => boolean,
): Promise<MeasuredField[]> {
  const { useCase, privacy } = document;
  const scan = {
    useCase,
    key,
    now: eventWindow(document, window),
    before: eventWindow(document, window - 1),
  };
  const stored = await storedFields(warehouse, useCase);
  const measured: MeasuredField[] = [];
  const measure = async (event: string, subjects: readonly Subject[]): Promise<MeasuredField[]> => {
    const parts = await measureEvent(warehouse, { ...scan, event, subjects }, privacy.k);
    return parts.map((part) => withVersion(part, version));
  };
  for (const [event, { fields }] of Object.entries(document.events)) {
    const names = Object.keys(fields).filter((field) => stored.get(event)?.has(field));
    const singles = await measure(
      event,
      names.map((field) => ({ useCase, event, fields: [field] })),
    );
    const passing = singles.map(({ measurement }) => measurement).filter(passesAlone);
    measured.push(...singles, ...(await measure(event, pairsOf(useCase, event, passing))));
  }
  return measured;
}

function withVersion({ measurement, sample }: MeasuredSubject, schemaVersion: number): MeasuredField {
  return { measurement: { ...measurement, schemaVersion }, sample };
}

/** A field with one value adds nothing to another. */
function pairsOf(useCase: string, event: string, passing: readonly Measurement[]): Subject[] {
  const names = passing
    .filter(({ values }) => values > 1)
    .map(({ fields }) => fields[0])
    .sort();
  return names.flatMap((first, index) =>
    names.slice(index + 1).map((second) => ({ useCase, event, fields: [first, second] as const })),
  );
}

/** By event: the columns that its table has. A table comes into being with its first row, a column with its first document. */
async function storedFields(warehouse: Warehouse, useCase: string): Promise<Map<string, Set<string>>> {
  const prefix = `${useCase}__`;
  const columns = await warehouse.query<{ table: string; name: string }>(
    "SELECT table, name FROM system.columns WHERE database = 'dit' AND startsWith(table, {prefix:String})",
    { prefix },
  );
  const byEvent = new Map<string, Set<string>>();
  for (const { table, name } of columns) {
    const event = table.slice(prefix.length);
    byEvent.set(event, (byEvent.get(event) ?? new Set()).add(name));
  }
  return byEvent;
}
