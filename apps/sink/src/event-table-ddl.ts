import type { Field, UseCase } from "@dit/protocol/schemas";
import { sqlName, sqlString, type TableDialect } from "@dit/storage";
import { eventTableName } from "./applied-schema.ts";
import { COLUMN_TYPES } from "./columns.ts";

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
export function createEventTable(document: UseCase, eventName: string, tables: TableDialect): string {
  const columns = [...COMMON, ...columnsOf(document, eventName)].map(
    ({ name, type, comment }) => `  ${sqlName(name)} ${type} COMMENT ${sqlString(comment)}`,
  );
  return `CREATE TABLE IF NOT EXISTS ${tableOf(document, eventName)}${tables.onCluster} (
${columns.join(",\n")},
  INDEX report_id_bloom report_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ${tables.engine(eventTableName(document.useCase, eventName))}
PARTITION BY ingest_day
ORDER BY (at, pid, report_id)
TTL ${ttl(document)}
SETTINGS ${tables.settings}, ttl_only_drop_parts = 1
COMMENT ${sqlString(tableComment(document, eventName))}`;
}

/** Columns are only ever added; a field that was removed keeps its column. */
export function addMissingColumns(
  document: UseCase,
  eventName: string,
  existing: ExistingTable,
  tables: TableDialect,
): string[] {
  const known = new Set(existing.columns.map(({ name }) => name));
  return columnsOf(document, eventName)
    .filter(({ name }) => !known.has(name))
    .map(({ name, type, comment }) => {
      const column = `${sqlName(name)} ${type} COMMENT ${sqlString(comment)}`;
      return `ALTER TABLE ${tableOf(document, eventName)}${tables.onCluster} ADD COLUMN IF NOT EXISTS ${column}`;
    });
}

/** What makes comments and retention those of the document. */
export function followDocument(
  document: UseCase,
  eventName: string,
  existing: ExistingTable,
  tables: TableDialect,
): string[] {
  const known = new Map(existing.columns.map(({ name, comment }) => [name, comment]));
  const changes = columnsOf(document, eventName)
    .filter(({ name, comment }) => known.has(name) && known.get(name) !== comment)
    .map(({ name, comment }) => `COMMENT COLUMN ${sqlName(name)} ${sqlString(comment)}`);
  const comment = tableComment(document, eventName);
  if (existing.comment !== comment) changes.push(`MODIFY COMMENT ${sqlString(comment)}`);
  if (!existing.engine.includes(` TTL ${ttl(document)} `)) changes.push(`MODIFY TTL ${ttl(document)}`);
  return changes.map((change) => `ALTER TABLE ${tableOf(document, eventName)}${tables.onCluster} ${change}`);
}

function tableOf({ useCase }: UseCase, eventName: string): string {
  return sqlName(eventTableName(useCase, eventName));
}

function columnsOf({ events }: UseCase, eventName: string): ColumnDefinition[] {
  return Object.entries(events[eventName]?.fields ?? {}).map(([name, field]) => {
    return { name, type: COLUMN_TYPES[field.type], comment: fieldComment(field) };
  });
}

function fieldComment({ description, unit }: Field): string {
  return [description, unit === undefined ? undefined : `[${unit}]`].filter(Boolean).join(" ");
}

function tableComment({ useCase, purpose, events }: UseCase, eventName: string): string {
  return events[eventName]?.description ?? `${useCase}: ${purpose}`;
}

function ttl({ retentionDays }: UseCase): string {
  return `ingest_day + toIntervalDay(${retentionDays})`;
}
