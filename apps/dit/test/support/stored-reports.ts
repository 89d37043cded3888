import { type Acknowledged, simulatedUseCase } from "@dit/simulator";
import { queryWarehouse } from "../../src/commands/query.ts";
import { until } from "./until.ts";

export interface StoredReport {
  readonly rows: number;
  /** Batches of the sink that its rows came in: one, if it was stored once. */
  readonly batches: number;
}

/** What became of reports that were acknowledged. */
export interface Fate {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  /** Stored with more or fewer rows than it had events. */
  readonly incomplete: readonly string[];
  readonly storedTwice: readonly string[];
}

/** Waits until every acknowledged report is stored, or the time is up, and says what became of each; of all reports, which are there twice. */
export async function fateOf(
  warehouseUrl: string,
  acknowledged: readonly Acknowledged[],
  withinMs: number,
): Promise<Fate> {
  let stored = new Map<string, StoredReport>();
  await until(
    async () => {
      stored = await readStored(warehouseUrl);
      return acknowledged.every(({ reportId, events }) => stored.get(reportId)?.rows === events);
    },
    withinMs,
    "not everything that was acknowledged is stored",
  ).catch(() => {});
  const lost = acknowledged.filter(({ reportId }) => !stored.has(reportId));
  const incomplete = acknowledged.filter(
    ({ reportId, events }) => (stored.get(reportId)?.rows ?? events) !== events,
  );
  return {
    acknowledged: acknowledged.length,
    lost: lost.map(({ reportId }) => reportId),
    incomplete: incomplete.map(({ reportId }) => reportId),
    storedTwice: [...stored].filter(([, { batches }]) => batches !== 1).map(([reportId]) => reportId),
  };
}

async function readStored(warehouseUrl: string): Promise<Map<string, StoredReport>> {
  const query = async <Row>(sql: string): Promise<Row[]> => {
    const text = await queryWarehouse(warehouseUrl, sql, "JSONEachRow");
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
  };
  const tables = await query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = 'dit' AND startsWith(name, '${simulatedUseCase.useCase}__') ORDER BY name`,
  );
  if (tables.length === 0) return new Map();
  const rows = tables.map(({ name }) => `SELECT report_id, batch FROM dit.${name}`).join(" UNION ALL ");
  const reports = await query<{ reportId: string; rows: string; batches: string }>(
    `SELECT replaceAll(toString(report_id), '-', '') AS reportId, count() AS rows, uniqExact(batch) AS batches
     FROM (${rows}) GROUP BY report_id`,
  );
  return new Map(reports.map((r) => [r.reportId, { rows: Number(r.rows), batches: Number(r.batches) }]));
}
