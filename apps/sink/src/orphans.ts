import { sqlName, type Warehouse } from "@dit/storage";
import type { BatchRange } from "./batch-range.ts";
import { LEDGER_TABLE } from "./ledger.ts";

const REPORTS_PER_QUERY = 1_000;

/** Resolves when the rows are gone from the server that is asked; what is inserted later stays on all. `batches`: decimal UInt64. */
export async function deleteBatches(
  warehouse: Warehouse,
  table: string,
  batches: readonly string[],
): Promise<void> {
  if (batches.length === 0) return;
  const list = batches.map((batch) => BigInt(batch)).join(", ");
  await warehouse.command(
    `ALTER TABLE ${sqlName(table)} DELETE WHERE batch IN (${list}) SETTINGS mutations_sync = 1`,
  );
}

/**
 * Deletes the rows of batches of this partition that the ledger does not have: those of the given reports, or, in a table that
 * names topic and partition, all.
 */
export async function deleteUnledgered(
  warehouse: Warehouse,
  table: string,
  { topicId, partition }: BatchRange,
  reportIds?: readonly string[],
): Promise<void> {
  const orphans = new Set<string>();
  const size = reportIds?.length ?? 1;
  for (let from = 0; from < size; from += REPORTS_PER_QUERY) {
    const mine =
      reportIds === undefined
        ? "topic_id = {topicId:String} AND partition = {partition:UInt32}"
        : "report_id IN {reportIds:Array(UUID)}";
    const rows = await warehouse.query<{ name: string }>(
      `SELECT DISTINCT toString(batch) AS name FROM ${sqlName(table)} WHERE ${mine} AND batch NOT IN (
        SELECT batch FROM ${LEDGER_TABLE} WHERE topic_id = {topicId:String} AND partition = {partition:UInt32})`,
      { topicId, partition, reportIds: reportIds?.slice(from, from + REPORTS_PER_QUERY) ?? [] },
      { upToDate: [table, LEDGER_TABLE] },
    );
    for (const { name } of rows) orphans.add(name);
  }
  await deleteBatches(warehouse, table, [...orphans]);
}
