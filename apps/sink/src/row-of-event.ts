import type { EventTable } from "./applied-schema.ts";
import { valueFits } from "./columns.ts";

/** What all rows of one report share, in the order of their columns. */
export type ReportValues = readonly [
  ingestDay: string,
  epoch: number,
  pid: string,
  reportId: string,
  batch: string,
];

export interface LoggedEvent {
  readonly name: string;
  readonly at: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface MadeRow {
  readonly row: unknown[];
  /** Values of fields without a column. */
  readonly droppedFields: number;
  /** Values of fields that are not collected now. */
  readonly blockedFields: number;
}

const MAX_DATE_TIME_SECONDS = 2 ** 32 - 1;

export function isLoggedEvent(event: unknown): event is LoggedEvent {
  if (typeof event !== "object" || event === null) return false;
  const { name, at, fields } = event as Partial<Record<string, unknown>>;
  return (
    typeof name === "string" &&
    Number.isSafeInteger(at) &&
    (at as number) >= 0 &&
    (at as number) <= MAX_DATE_TIME_SECONDS &&
    typeof fields === "object" &&
    fields !== null
  );
}

/**
 * The event's row; fields without a column are left out and counted. Undefined: a value does not fit its column. (The
 * engine would refuse it, and with it the whole batch.)
 */
export function rowOfEvent(
  { fields: columns, blocked }: EventTable,
  { at, fields }: LoggedEvent,
  shared: ReportValues,
): MadeRow | undefined {
  const row: unknown[] = [...shared, at];
  let stored = 0;
  for (const { name, type } of columns) {
    if (Object.hasOwn(fields, name)) {
      const value = fields[name];
      if (!valueFits(value, type)) return undefined;
      row.push(value);
      stored += 1;
    } else {
      row.push(null);
    }
  }
  const others = Object.keys(fields).length - stored;
  const blockedFields = others === 0 ? 0 : Object.keys(fields).filter((name) => blocked.has(name)).length;
  return { row, droppedFields: others - blockedFields, blockedFields };
}
