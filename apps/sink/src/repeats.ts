import type { TableDialect, Warehouse } from "@dit/storage";
import type { BatchRange } from "./batch-range.ts";

export const REPEATS_TABLE = "dit.sink_repeats";

/**
 * A stored report that may have another record in the log, still to come. A report's ingest marks only the later attempt, so
 * if that one was appended first, the unmarked one is recognised by this.
 */
export interface RepeatRow {
  readonly ingest_day: string;
  readonly topic_id: string;
  readonly partition: number;
  readonly batch: string;
  readonly report_id: string;
}

/** Longer than a credential can be redeemed: the longest epoch and its grace. */
export const REPEAT_DAYS = 15;

export function createRepeats({ onCluster, engine, settings }: TableDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${REPEATS_TABLE}${onCluster} (
  ingest_day Date COMMENT 'UTC day on which the report was accepted [day]',
  topic_id String COMMENT 'Topic of the event log',
  partition UInt32 COMMENT 'Partition of the topic: the same report is always in the same one',
  batch UInt64 COMMENT 'The batch that stored the report',
  report_id UUID COMMENT 'The report'
) ENGINE = ${engine(REPEATS_TABLE)}
PARTITION BY ingest_day
ORDER BY (topic_id, partition, report_id)
TTL ingest_day + toIntervalDay(${REPEAT_DAYS})
SETTINGS ${settings}, ttl_only_drop_parts = 1
COMMENT 'Stored reports of which another record may follow'`;
}

/** The reports of a partition that `REPEATS_TABLE` lists, with the batch that stored each. */
export async function loadRepeats(
  warehouse: Warehouse,
  { topicId, partition }: Pick<BatchRange, "topicId" | "partition">,
): Promise<Map<string, string>> {
  const rows = await warehouse.query<Pick<RepeatRow, "report_id" | "batch">>(
    `SELECT toString(report_id) AS report_id, toString(batch) AS batch FROM ${REPEATS_TABLE}
    WHERE topic_id = {topicId:String} AND partition = {partition:UInt32}`,
    { topicId, partition },
    { upToDate: [REPEATS_TABLE] },
  );
  return new Map(rows.map(({ report_id, batch }) => [report_id, batch]));
}
