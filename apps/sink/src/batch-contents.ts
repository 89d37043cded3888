import { inColumns, type WarehouseInsert } from "@dit/storage";
import { type BatchRange, batchId } from "./batch-range.ts";
import { reportChecksum } from "./checksum.ts";
import { DEAD_LETTERS_TABLE, type DeadLetterRow } from "./dead-letters.ts";
import { encodeIntent } from "./intent.ts";
import { LEDGER_TABLE, type LedgerRow, LOST } from "./ledger.ts";
import type { MadeBatch } from "./make-batch.ts";
import { REPEATS_TABLE, type RepeatRow } from "./repeats.ts";

/** One insert of a batch. */
export interface BatchContent extends Pick<WarehouseInsert, "table" | "columns" | "rows"> {
  readonly checksum: number;
}

/** All but the ledger row. */
export function contentsOf(made: MadeBatch): BatchContent[] {
  return stagesOf(made).flat();
}

/**
 * In the order in which they are inserted, those of a stage at once: dead letters after all rows, so that once they are there, no row is
 * missing that a salt destroyed meanwhile could turn into another dead letter.
 */
export function stagesOf(made: MadeBatch): BatchContent[][] {
  const stages = [[...made.tables.values()], [deadLetterContent(made), repeatContent(made)]];
  return stages.map((contents) => contents.filter(({ rows }) => rows.length > 0));
}

/** What the tables must hold of the batch: rows and their checksum, by table. */
export function expectedOf(made: MadeBatch): Pick<LedgerRow, "rows" | "checksums"> {
  const rows: Record<string, number> = {};
  const checksums: Record<string, number> = {};
  const add = (table: string, count: number, checksum: number) => {
    rows[table] = (rows[table] ?? 0) + count;
    checksums[table] = (checksums[table] ?? 0) + checksum;
  };
  for (const content of contentsOf(made)) add(content.table, content.rows.length, content.checksum);
  for (const [table, stored] of made.storedEarlier) add(table, stored.rows, stored.checksum);
  return { rows, checksums };
}

export function ledgerContentOf(made: MadeBatch): BatchContent {
  const { range, intent } = made;
  const row: LedgerRow = {
    day: intent.day,
    topic_id: range.topicId,
    partition: range.partition,
    from_offset: range.from,
    to_offset: range.to,
    batch: made.batch,
    records: made.records,
    events: made.events,
    inserted: insertedEvents(made),
    dead_lettered: made.deadLetters.reduce((total, { events }) => total + events, 0),
    deduplicated: made.deduplicated,
    oldest_day: made.oldestDay,
    ...expectedOf(made),
    intent: encodeIntent(intent),
  };
  return { table: LEDGER_TABLE, ...inColumns([row]), checksum: 0 };
}

/** The row of a range that the log let go of before it was stored: what events it had, nobody knows. */
export function lostContentOf(range: BatchRange, day: string): BatchContent {
  const row: LedgerRow = {
    day,
    topic_id: range.topicId,
    partition: range.partition,
    from_offset: range.from,
    to_offset: range.to,
    batch: batchId(range),
    records: range.to - range.from,
    events: 0,
    inserted: 0,
    dead_lettered: 0,
    deduplicated: 0,
    oldest_day: day,
    rows: {},
    checksums: {},
    intent: LOST,
  };
  return { table: LEDGER_TABLE, ...inColumns([row]), checksum: 0 };
}

/** Events of the batch that are rows now. */
export function insertedEvents({ tables, storedEarlier }: MadeBatch): number {
  const made = [...tables.values()].reduce((count, { rows }) => count + rows.length, 0);
  return [...storedEarlier.values()].reduce((count, { rows }) => count + rows, made);
}

function deadLetterContent({ range, batch, intent, deadLetters }: MadeBatch): BatchContent {
  const rows = deadLetters.map(({ useCase, reason, events, reportId }): DeadLetterRow => {
    return {
      ingest_day: intent.day,
      topic_id: range.topicId,
      partition: range.partition,
      batch,
      use_case: useCase,
      reason,
      events,
      report_id: reportId,
    };
  });
  return { table: DEAD_LETTERS_TABLE, ...inColumns(rows), checksum: sum(rows) };
}

function repeatContent({ range, batch, repeatable }: MadeBatch): BatchContent {
  const rows = repeatable.map(({ ingestDay, reportId }): RepeatRow => {
    return {
      ingest_day: ingestDay,
      topic_id: range.topicId,
      partition: range.partition,
      batch,
      report_id: reportId,
    };
  });
  return { table: REPEATS_TABLE, ...inColumns(rows), checksum: sum(rows) };
}

function sum(rows: readonly { readonly report_id: string }[]): number {
  return rows.reduce((total, { report_id }) => total + reportChecksum(report_id), 0);
}
