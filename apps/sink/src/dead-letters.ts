import type { TableDialect } from "@dit/storage";

export const DEAD_LETTERS_TABLE = "dit.dead_letters";

export type DeadLetterReason =
  /** Not an accepted report: no JSON, or a part is missing or of the wrong kind. */
  | "malformed"
  | "use_case_unknown"
  | "event_unknown"
  /** An event whose fields do not fit its columns. */
  | "schema_mismatch"
  /** The report came after its rotation window's salt was destroyed: no `pid` can be made for it. */
  | "salt_destroyed";

/** Events of one record that were not stored, for one reason. No content and no pseudonym; the topic has the offset. */
export interface DeadLetterRow {
  /** The day the sink decided it. */
  readonly ingest_day: string;
  readonly topic_id: string;
  readonly partition: number;
  readonly batch: string;
  readonly use_case: string;
  readonly reason: DeadLetterReason;
  readonly events: number;
  /** All zero if it could not be read. */
  readonly report_id: string;
}

/**
 * A record of the topic: where in the log the dead letter lies, for as long as the log retains that. May repeat after a crash; offset
 * and reason tell.
 */
export interface DeadLetterReference {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: DeadLetterReason;
}

export function createDeadLetters({ onCluster, engine, settings }: TableDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${DEAD_LETTERS_TABLE}${onCluster} (
  ingest_day Date COMMENT 'UTC day on which the sink put it aside [day]',
  topic_id String COMMENT 'Topic of the event log',
  partition UInt32 COMMENT 'Partition of the topic',
  batch UInt64 COMMENT 'The batch it was in; dit.sink_ledger has its range',
  use_case LowCardinality(String) COMMENT 'Empty if it could not be read',
  reason LowCardinality(String) COMMENT 'malformed, use_case_unknown, event_unknown, schema_mismatch, salt_destroyed',
  events UInt32 COMMENT 'Events of the report that this concerns; 0 if they could not be counted [events]',
  report_id UUID COMMENT 'All zero if it could not be read'
) ENGINE = ${engine(DEAD_LETTERS_TABLE)}
PARTITION BY toYYYYMM(ingest_day)
ORDER BY (reason, use_case, report_id)
TTL ingest_day + toIntervalDay(90)
SETTINGS ${settings}
COMMENT 'Events that were accepted and could not be stored, by reason'`;
}
