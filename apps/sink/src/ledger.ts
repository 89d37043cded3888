import type { TableDialect, Warehouse } from "@dit/storage";
import type { BatchRange } from "./batch-range.ts";

export const LEDGER_TABLE = "dit.sink_ledger";
/** Instead of an intent: the log let go of the records before they were stored. */
export const LOST = "lost";

/** A batch that was stored: what became of its records, and what its tables must hold. */
export interface LedgerRow {
  readonly day: string;
  readonly topic_id: string;
  readonly partition: number;
  readonly from_offset: number;
  readonly to_offset: number;
  /** Decimal UInt64. */
  readonly batch: string;
  readonly records: number;
  /** = inserted + dead_lettered + deduplicated */
  readonly events: number;
  readonly inserted: number;
  readonly dead_lettered: number;
  readonly deduplicated: number;
  /** The first ingest day of any row of the batch. */
  readonly oldest_day: string;
  /** Rows by table, of every table that the batch wrote to. */
  readonly rows: Readonly<Record<string, number>>;
  /** Sum of `reportChecksum` over those rows, by table. */
  readonly checksums: Readonly<Record<string, number>>;
  /** The decisions the rows were made by, so that they can be made again; or `LOST`. */
  readonly intent: string;
}

export function createLedger({ onCluster, engine, settings }: TableDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${LEDGER_TABLE}${onCluster} (
  day Date COMMENT 'UTC day on which the batch was decided [day]',
  topic_id String COMMENT 'Topic of the event log',
  partition UInt32 COMMENT 'Partition of the topic',
  from_offset UInt64 COMMENT 'First record of the batch [records]',
  to_offset UInt64 COMMENT 'First record after the batch [records]',
  batch UInt64 COMMENT 'The batch as its rows name it',
  records UInt32 COMMENT 'Records of the log [reports]',
  events UInt32 COMMENT 'Events in them [events]',
  inserted UInt32 COMMENT 'Events stored as rows [events]',
  dead_lettered UInt32 COMMENT 'Events not stored, see dit.dead_letters [events]',
  deduplicated UInt32 COMMENT 'Events of reports that were stored before [events]',
  oldest_day Date COMMENT 'First ingest day of any row of the batch [day]',
  rows Map(String, UInt32) COMMENT 'Rows by table [rows]',
  checksums Map(String, UInt64) COMMENT 'Sum of the first 32 bits of the report ids of those rows, by table',
  intent String COMMENT 'What the rows depended on besides the records; lost: the log let go of them before they were stored'
) ENGINE = ${engine(LEDGER_TABLE)}
PARTITION BY toYYYYMM(day)
ORDER BY (topic_id, partition, from_offset)
TTL day + toIntervalDay(800)
SETTINGS ${settings}
COMMENT 'One row a batch of the sink: which records of the event log it was, and what became of their events'`;
}

/** What the ledger lacks counts as not stored: no server may answer that has not heard of it yet. */
const UP_TO_DATE = { upToDate: [LEDGER_TABLE] };
/** A day of small batches is many rows. */
const ROWS_PER_PAGE = 2_000;

/** The ranges of a partition that were stored since `sinceDay`, in order, page by page. */
export async function* readLedger(
  warehouse: Warehouse,
  partition: Pick<BatchRange, "topicId" | "partition">,
  { sinceDay, fromOffset }: { readonly sinceDay: string; readonly fromOffset: number },
): AsyncGenerator<LedgerRow[]> {
  for (let from = fromOffset; ; ) {
    const rows = await readPage(warehouse, partition, { sinceDay, fromOffset: from });
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_PER_PAGE) return;
    from = last.from_offset + 1;
  }
}

function readPage(
  warehouse: Warehouse,
  { topicId, partition }: Pick<BatchRange, "topicId" | "partition">,
  { sinceDay, fromOffset }: { readonly sinceDay: string; readonly fromOffset: number },
): Promise<LedgerRow[]> {
  return warehouse.query<LedgerRow>(
    `SELECT toString(l.day) AS day, topic_id, partition, from_offset, to_offset, toString(l.batch) AS batch, records, events,
      inserted, dead_lettered, deduplicated, toString(l.oldest_day) AS oldest_day, rows, checksums, intent
    FROM ${LEDGER_TABLE} AS l
    WHERE topic_id = {topicId:String} AND partition = {partition:UInt32}
      AND from_offset >= {fromOffset:UInt64} AND l.day >= {sinceDay:Date}
    ORDER BY from_offset LIMIT ${ROWS_PER_PAGE}`,
    { topicId, partition, sinceDay, fromOffset },
    UP_TO_DATE,
  );
}

/** Where the range ends that begins at `from`, if the ledger has one. */
export async function ledgerRangeAt(
  warehouse: Warehouse,
  { topicId, partition, from }: Omit<BatchRange, "to">,
): Promise<{ readonly to: number; readonly isLost: boolean } | undefined> {
  const [row] = await warehouse.query<{ to: number; intent: string }>(
    `SELECT to_offset AS to, intent FROM ${LEDGER_TABLE}
    WHERE topic_id = {topicId:String} AND partition = {partition:UInt32} AND from_offset = {from:UInt64}`,
    { topicId, partition, from },
    UP_TO_DATE,
  );
  return row === undefined ? undefined : { to: Number(row.to), isLost: row.intent === LOST };
}

/** Where the ledger of a partition ends before what `readLedger` reads; undefined if it has nothing there. */
export async function ledgerEndBefore(
  warehouse: Warehouse,
  { topicId, partition }: Pick<BatchRange, "topicId" | "partition">,
  { sinceDay, fromOffset }: { readonly sinceDay: string; readonly fromOffset: number },
): Promise<number | undefined> {
  const [row] = await warehouse.query<{ ranges: number; end: number }>(
    `SELECT count() AS ranges, max(to_offset) AS end FROM ${LEDGER_TABLE}
    WHERE topic_id = {topicId:String} AND partition = {partition:UInt32}
      AND (from_offset < {fromOffset:UInt64} OR day < {sinceDay:Date})`,
    { topicId, partition, sinceDay, fromOffset },
    UP_TO_DATE,
  );
  return row === undefined || Number(row.ranges) === 0 ? undefined : Number(row.end);
}

export interface LedgerTotals {
  readonly records: number;
  readonly events: number;
  readonly inserted: number;
  readonly deadLettered: number;
  readonly deduplicated: number;
}

/** What became of everything that was ever stored from these topics. */
export async function ledgerTotals(warehouse: Warehouse, topicIds: readonly string[]): Promise<LedgerTotals> {
  const [row] = await warehouse.query<LedgerTotals>(
    `SELECT sum(l.records) AS records, sum(l.events) AS events, sum(l.inserted) AS inserted,
      sum(l.dead_lettered) AS deadLettered, sum(l.deduplicated) AS deduplicated
    FROM ${LEDGER_TABLE} AS l WHERE topic_id IN {topicIds:Array(String)}`,
    { topicIds },
    UP_TO_DATE,
  );
  const { records = 0, events = 0, inserted = 0, deadLettered = 0, deduplicated = 0 } = row ?? {};
  return { records, events, inserted, deadLettered, deduplicated };
}
