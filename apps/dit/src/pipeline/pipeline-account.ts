import { PROBLEMS, REPORTS_TOPIC } from "@dit/protocol";
import type { UseCase } from "@dit/protocol/schemas";
import type { Metrics, UseCaseDirectory } from "@dit/service-kit";
import { CONSUMER_GROUP } from "@dit/sink";
import type { EventLog, Warehouse } from "@dit/storage";

/** What the services of one box have done since they started, and what the warehouse holds of it. */
export interface PipelineCounts {
  readonly tokensIssued: number;
  /** Reports appended to the event log. */
  readonly reportsAccepted: number;
  /** As the edge answered them, by problem code. */
  readonly reportsRejected: Readonly<Record<string, number>>;
  /** Reports that came again after they were durable. */
  readonly duplicates: number;
  readonly eventsAccepted: number;
}

export interface StoredCounts {
  /** Rows that are in the event tables, counted there. */
  readonly rowsInserted: number;
  /** Events that were set aside, counted in the dead-letter table. */
  readonly deadLettered: number;
  /** Events of reports that had been stored already. */
  readonly deduplicated: number;
  /** Reports of the event log that the sink's ledger covers. */
  readonly reportsDealtWith: number;
  /** Reports in the event log that the sink has not dealt with. */
  readonly pending: number;
}

export interface PipelineAccount {
  counts(): Promise<PipelineCounts>;
  stored(): Promise<StoredCounts>;
  /** Reports in the event log that the sink has not dealt with. */
  pending(): Promise<number>;
}

export function createPipelineAccount(parts: {
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly directory: UseCaseDirectory;
  readonly metrics: { readonly acs: Metrics; readonly edge: Metrics; readonly ingest: Metrics };
}): PipelineAccount {
  const { eventLog, warehouse, directory, metrics } = parts;
  const pending = async () => {
    const progress = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    return progress.reduce((sum, { endOffset, committedOffset }) => sum + endOffset - committedOffset, 0);
  };
  return {
    pending,
    async counts() {
      return {
        tokensIssued: await metrics.acs.value("tokens_issued_total"),
        reportsAccepted: await metrics.ingest.value("reports_accepted_total"),
        reportsRejected: await refusalsByCode(metrics.edge),
        duplicates: await metrics.ingest.value("reports_duplicate_total"),
        eventsAccepted: await metrics.ingest.value("events_accepted_total"),
      };
    },
    async stored() {
      const events = await countRows(
        warehouse,
        directory.all().flatMap(({ document }) => eventTables(document)),
      );
      return {
        rowsInserted: events,
        deadLettered: await sumOf(warehouse, "dit.dead_letters", "events"),
        deduplicated: await sumOf(warehouse, "dit.sink_ledger", "deduplicated"),
        reportsDealtWith: await sumOf(warehouse, "dit.sink_ledger", "records"),
        pending: await pending(),
      };
    },
  };
}

/** Tables come into being when something is first stored in them. */
async function existingTables(warehouse: Warehouse, tables: readonly string[]): Promise<string[]> {
  const rows = await warehouse.query<{ table: string }>(
    "SELECT concat(database, '.', name) AS table FROM system.tables WHERE table IN {tables:Array(String)}",
    { tables },
  );
  return rows.map(({ table }) => table);
}

async function countRows(warehouse: Warehouse, tables: readonly string[]): Promise<number> {
  let rows = 0;
  for (const table of await existingTables(warehouse, tables)) {
    const [counted] = await warehouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
    rows += Number(counted?.rows ?? 0);
  }
  return rows;
}

async function sumOf(warehouse: Warehouse, table: string, column: string): Promise<number> {
  if ((await existingTables(warehouse, [table])).length === 0) return 0;
  const [summed] = await warehouse.query<{ total: number }>(
    `SELECT sum(t.${column}) AS total FROM ${table} AS t`,
  );
  return Number(summed?.total ?? 0);
}

async function refusalsByCode(edge: Metrics): Promise<Record<string, number>> {
  const counted = await Promise.all(
    Object.keys(PROBLEMS).map(
      async (code) => [code, await edge.value("http_problems_total", { code })] as const,
    ),
  );
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

function eventTables({ useCase, events }: UseCase): string[] {
  return Object.keys(events).map((event) => `dit.${useCase}__${event}`);
}
