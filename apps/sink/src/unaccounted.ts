import type { PartitionProgress, Warehouse } from "@dit/storage";
import { LEDGER_TABLE } from "./ledger.ts";

/** Of a ledger this old the first rows may have expired; what came before them was accounted for. */
const LEDGER_IS_OLD_AFTER_DAYS = 700;

export interface Unaccounted {
  /** Records that left the log and are not in the ledger. */
  readonly records: number;
  /** Events of the ledger that are neither inserted, nor dead-lettered, nor deduplicated. */
  readonly events: number;
}

/** What is missing from `accepted = inserted + dead-lettered + deduplicated + pending`: nothing, if all is well. */
export async function findUnaccounted(
  warehouse: Warehouse,
  partitions: readonly PartitionProgress[],
): Promise<Unaccounted> {
  const found = { records: 0, events: 0 };
  for (const { topicId, partition, committedOffset } of partitions) {
    const [row] = await warehouse.query<{ records: number; events: number }>(
      `SELECT sum(l.records) + if(min(l.day) < today() - ${LEDGER_IS_OLD_AFTER_DAYS}, min(l.from_offset), 0) AS records,
        sum(abs(toInt64(l.events) - l.inserted - l.dead_lettered - l.deduplicated)) AS events
      FROM ${LEDGER_TABLE} AS l
      WHERE topic_id = {topicId:String} AND partition = {partition:UInt32} AND to_offset <= {committedOffset:UInt64}`,
      { topicId, partition, committedOffset },
      { upToDate: [LEDGER_TABLE] },
    );
    found.records += committedOffset - Number(row?.records ?? 0);
    found.events += Number(row?.events ?? 0);
  }
  return found;
}
