import { sqlName, type Warehouse } from "@dit/storage";
import { REPEAT_DAYS } from "./repeats.ts";

const REPORTS_PER_QUERY = 1_000;

export interface StoredReportsQuery {
  readonly table: string;
  readonly reportIds: readonly string[];
  readonly batch: string;
  /** The first ingest day of the reports. */
  readonly oldestDay: string;
}

/** Which of the reports another batch has stored in the table. A batch's own rows say nothing: a replay must decide the same. */
export async function storedByOthers(warehouse: Warehouse, query: StoredReportsQuery): Promise<string[]> {
  const rows = await countReports(warehouse, query, "!=");
  return [...rows.keys()];
}

/** How many rows of each report this batch has stored in the table, in an earlier attempt. */
export function storedByBatch(warehouse: Warehouse, query: StoredReportsQuery): Promise<Map<string, number>> {
  return countReports(warehouse, query, "=");
}

async function countReports(
  warehouse: Warehouse,
  { table, reportIds, batch, oldestDay }: StoredReportsQuery,
  comparison: "=" | "!=",
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let from = 0; from < reportIds.length; from += REPORTS_PER_QUERY) {
    const rows = await warehouse.query<{ report_id: string; count: number }>(
      `SELECT toString(report_id) AS report_id, count() AS count FROM ${sqlName(table)} AS t
      WHERE t.report_id IN {reportIds:Array(UUID)} AND batch ${comparison} {batch:UInt64}
        AND ingest_day >= {oldestDay:Date} - ${REPEAT_DAYS}
      GROUP BY t.report_id`,
      { reportIds: reportIds.slice(from, from + REPORTS_PER_QUERY), batch, oldestDay },
      { upToDate: [table] },
    );
    for (const { report_id, count } of rows) counts.set(report_id, Number(count));
  }
  return counts;
}
