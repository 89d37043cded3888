import { type BlockedFields, isBlockedField } from "@dit/protocol";
import type { Field, UseCase } from "@dit/protocol/schemas";
import { type SaltSchedule, saltScheduleOf } from "./salt-schedule.ts";

/** One version of a use-case document, and of what is blocked in it, as the warehouse's tables took it. Stored, and never changed: rows are made from it. */
export interface StoredSchema {
  readonly document: UseCase;
  /** `event.field` of fields whose column was made for another type: such values are dropped and counted. */
  readonly unstorable: readonly string[];
  /** Such values are dropped and counted: they may have been on their way when the field was blocked. */
  readonly blockedFields: BlockedFields;
}

export interface AppliedSchema {
  readonly version: number;
  readonly schedule: SaltSchedule;
  readonly events: ReadonlyMap<string, EventTable>;
}

export interface EventTable {
  /** `dit.<use_case>__<event>` */
  readonly table: string;
  readonly fields: readonly { readonly name: string; readonly type: Field["type"] }[];
  readonly columns: readonly string[];
  readonly blocked: ReadonlySet<string>;
}

/** Columns that every event table has, in the order of its rows: first what all rows of a report share. */
const COMMON_COLUMNS = ["ingest_day", "epoch", "pid", "report_id", "batch", "at"] as const;

/** The ids are table names as they stand: their alphabet (`useCaseIdSchema`) has nothing that would need quoting. */
export function eventTableName(useCase: string, event: string): string {
  return `dit.${useCase}__${event}`;
}

export function applySchema(
  version: number,
  { document, unstorable, blockedFields }: StoredSchema,
): AppliedSchema {
  const events = Object.entries(document.events).map(([event, { fields }]) => {
    const blocked = new Set(Object.keys(fields).filter((name) => isBlockedField(blockedFields, event, name)));
    const stored = Object.entries(fields)
      .filter(([name]) => !blocked.has(name) && !unstorable.includes(`${event}.${name}`))
      .map(([name, { type }]) => ({ name, type }));
    const table: EventTable = {
      table: eventTableName(document.useCase, event),
      fields: stored,
      columns: [...COMMON_COLUMNS, ...stored.map(({ name }) => name)],
      blocked,
    };
    return [event, table] as const;
  });
  return { version, schedule: saltScheduleOf(document), events: new Map(events) };
}
