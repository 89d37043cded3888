import type { Instances } from "../addresses.ts";
import { queryWarehouse } from "../commands/query.ts";
import { doctorUseCase } from "../pipeline/development-use-cases.ts";
import { findMissingRows } from "./find-missing-rows.ts";
import { type LogPosition, readLogPositions } from "./read-log-positions.ts";

/** Ledger rows expire after 800 days: what lies before the first one of a ledger that old is not looked for. */
const LEDGER_IS_OLD_AFTER_DAYS = 700;
const IN_LEDGER_WITHIN_MS = 2_000;
const POLL_MS = 100;

/**
 * The whole way, durable over restarts: records appended to the log = records that the ledger covers + pending; their events =
 * inserted + dead-lettered + deduplicated; and of the last two days, what the ledger says is inserted or set aside is in its tables.
 * `reportId` is a report of now: it says which log the ledger's rows are of. Throws with everything that is amiss.
 */
export async function checkBalance(
  { warehouseUrl: [warehouseUrl = ""], sinkAdminUrl }: Pick<Instances, "warehouseUrl" | "sinkAdminUrl">,
  reportId: string,
): Promise<string> {
  const positions = await readLogPositions(sinkAdminUrl);
  const ask: AskWarehouse = async <Row>(sql: string) => {
    const text = await queryWarehouse(warehouseUrl, sql, "JSONEachRow");
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
  };
  const problems = [
    ...(await findUncoveredRecords(ask, positions, reportId)),
    ...(await findUnbalancedEvents(ask)),
    ...(await findMissingRows(ask)),
  ];
  if (problems.length > 0) throw new Error(`it does not: ${problems.join("; ")}`);
  const appended = positions.reduce((sum, position) => sum + position.appended, 0);
  const pending = positions.reduce((sum, position) => sum + position.appended - position.dealtWith, 0);
  return `${appended} reports appended, ${pending} pending; ${await describeEvents(ask)}`;
}

export type AskWarehouse = <Row>(sql: string) => Promise<Row[]>;

async function findUncoveredRecords(
  ask: AskWarehouse,
  positions: readonly LogPosition[],
  reportId: string,
): Promise<string[]> {
  if (positions.length === 0) return ["no sink says where the log ends"];
  const topicId = await findTopic(ask, reportId);
  if (topicId === undefined) return ["the batch of the report that was just stored is not in the ledger"];
  const dealtWith = positions.map((position) => `${position.partition}, ${position.dealtWith}`);
  const covered = await ask<{ partition: number; records: string }>(
    `SELECT partition, sum(records) + if(min(day) < today() - ${LEDGER_IS_OLD_AFTER_DAYS}, min(from_offset), 0) AS records
     FROM dit.sink_ledger WHERE topic_id = '${topicId}' AND to_offset <= map(${dealtWith.join(", ")})[partition]
     GROUP BY partition`,
  );
  const recordsOf = new Map(covered.map(({ partition, records }) => [Number(partition), Number(records)]));
  return positions.flatMap(({ partition, dealtWith }) => {
    const records = recordsOf.get(partition) ?? 0;
    if (records === dealtWith) return [];
    return [`partition ${partition}: ${dealtWith} reports left the log, the ledger covers ${records}`];
  });
}

/** Which log the report is in. Its rows are there a moment before their batch is in the ledger. */
async function findTopic(ask: AskWarehouse, reportId: string): Promise<string | undefined> {
  const end = performance.now() + IN_LEDGER_WITHIN_MS;
  for (;;) {
    const [row] = await ask<{ topicId: string }>(
      `SELECT topic_id AS topicId FROM dit.sink_ledger WHERE batch IN (SELECT batch FROM dit.${doctorUseCase.useCase}__heartbeat
       WHERE replaceAll(toString(report_id), '-', '') = '${reportId}') LIMIT 1`,
    );
    if (row !== undefined || performance.now() > end) return row?.topicId;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const EVENTS_SQL = `SELECT sum(l.events) AS events, sum(l.inserted) AS inserted, sum(l.dead_lettered) AS deadLettered,
  sum(l.deduplicated) AS deduplicated, countIf(l.events != l.inserted + l.dead_lettered + l.deduplicated) AS unbalanced
  FROM dit.sink_ledger AS l`;

type EventSums = Record<"events" | "inserted" | "deadLettered" | "deduplicated" | "unbalanced", string>;

async function findUnbalancedEvents(ask: AskWarehouse): Promise<string[]> {
  const [sums] = await ask<EventSums>(EVENTS_SQL);
  if (Number(sums?.unbalanced) === 0) return [];
  return [`${sums?.unbalanced} batches of the ledger do not add up: ${await describeEvents(ask)}`];
}

async function describeEvents(ask: AskWarehouse): Promise<string> {
  const [sums] = await ask<EventSums>(EVENTS_SQL);
  return `${sums?.events} events = ${sums?.inserted} inserted + ${sums?.deadLettered} dead-lettered + ${sums?.deduplicated} stored before`;
}
