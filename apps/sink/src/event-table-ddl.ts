import type { Field, UseCase } from "@dit/protocol/schemas";
import { MERGE_TREE_SETTINGS } from "@dit/storage";
import { eventTableName } from "./applied-schema.ts";
import { COLUMN_TYPES } from "./columns.ts";
import { sqlName, sqlString } from "./sql.ts";

type Event = UseCase["events"][string];

export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

/** A table as the engine describes it. */
export interface ExistingTable {
  readonly columns: readonly ColumnDefinition[];
  readonly comment: string;
  /** `system.tables.engine_full`: holds the TTL. */
  readonly engine: string;
}

const COMMON: readonly ColumnDefinition[] = [
  {
    name: "ingest_day",
    type: "Date",
    comment: "UTC day on which the report was accepted; rows expire by it [day]",
  },
  {
    name: "at",
    type: "DateTime('UTC')",
    comment: "When the event happened, rounded down to the use case's granularity [s]",
  },
  { name: "epoch", type: "UInt32", comment: "Credential epoch of the report [epochs since 1970]" },
  { name: "pid", type: "UUID", comment: "Stored pseudonym: the same client within one rotation window only" },
  {
    name: "report_id",
    type: "UUID",
    comment: "The report: events of one report were sent together",
  },
  { name: "batch", type: "UInt64", comment: "The batch that stored the row; the ledger lists it" },
];

/** Rows are sorted by what they say, so that neither the order of arrival nor that of the insert is left in a part. */
export function createEventTable(document: UseCase, eventName: string, event: Event): string {
  const columns = [...COMMON, ...fieldColumns(event)].map(
    ({ name, type, comment }) => `  ${sqlName(name)} ${type} COMMENT ${sqlString(comment)}`,
  );
  return `CREATE TABLE IF NOT EXISTS ${sqlName(eventTableName(document.useCase, eventName))} (
${columns.join(",\n")},
  INDEX report_id_bloom report_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY ingest_day
ORDER BY (at, pid, report_id)
TTL ${ttl(document)}
SETTINGS ${MERGE_TREE_SETTINGS}, ttl_only_drop_parts = 1
COMMENT ${sqlString(tableComment(document, event))}`;
}

/** What brings a table that exists up to the document. Columns are only ever added; a field that was removed keeps its column. */
export function alterEventTable(
  document: UseCase,
  eventName: string,
  event: Event,
  existing: ExistingTable,
): string[] {
  const known = new Map(existing.columns.map((column) => [column.name, column]));
  const changes = fieldColumns(event).flatMap(({ name, type, comment }) => {
    const column = known.get(name);
    const told = sqlString(comment);
    if (column === undefined) return [`ADD COLUMN IF NOT EXISTS ${sqlName(name)} ${type} COMMENT ${told}`];
    return column.comment === comment ? [] : [`COMMENT COLUMN ${sqlName(name)} ${told}`];
  });
  const comment = tableComment(document, event);
  if (existing.comment !== comment) changes.push(`MODIFY COMMENT ${sqlString(comment)}`);
  if (!existing.engine.includes(` TTL ${ttl(document)} `)) changes.push(`MODIFY TTL ${ttl(document)}`);
  const table = sqlName(eventTableName(document.useCase, eventName));
  return changes.map((change) => `ALTER TABLE ${table} ${change}`);
}

function fieldColumns(event: Event): ColumnDefinition[] {
  return Object.entries(event.fields).map(([name, field]) => {
    return { name, type: COLUMN_TYPES[field.type], comment: fieldComment(field) };
  });
}

function fieldComment({ description, unit }: Field): string {
  return [description, unit === undefined ? undefined : `[${unit}]`].filter(Boolean).join(" ");
}

function tableComment({ useCase, purpose }: UseCase, { description }: Event): string {
  return description ?? `${useCase}: ${purpose}`;
}

function ttl({ retentionDays }: UseCase): string {
  return `ingest_day + toIntervalDay(${retentionDays})`;
}
