import { PROBLEMS, REPORTS_TOPIC } from "@dit/protocol";
import type { Metrics } from "@dit/service-kit";
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

/** One service's counters, of all its instances together; `Metrics` is one of a single instance. */
export type Counted = Pick<Metrics, "value">;

export interface PipelineAccountParts {
  readonly warehouse: Pick<Warehouse, "query">;
  /** Reports in the event log that the sink has not dealt with. */
  readonly pending: () => Promise<number>;
  /** As they stand now. */
  readonly read: () => Promise<{ readonly acs: Counted; readonly edge: Counted; readonly ingest: Counted }>;
}

export function createPipelineAccount({ warehouse, pending, read }: PipelineAccountParts): PipelineAccount {
  return {
    pending,
    async counts() {
      const { acs, edge, ingest } = await read();
      return {
        tokensIssued: await acs.value("tokens_issued_total"),
        reportsAccepted: await ingest.value("reports_accepted_total"),
        reportsRejected: await refusalsByCode(edge),
        duplicates: await ingest.value("reports_duplicate_total"),
        eventsAccepted: await ingest.value("events_accepted_total"),
      };
    },
    async stored() {
      const tables = await existingTables(warehouse);
      const sumOf = (table: string, column: string) =>
        tables.has(table) ? total(warehouse, `SELECT sum(t.${column}) AS total FROM ${table} AS t`) : 0;
      let rowsInserted = 0;
      for (const table of tables.has(LEDGER) ? await eventTables(warehouse) : []) {
        if (tables.has(table))
          rowsInserted += await total(warehouse, `SELECT count() AS total FROM ${table}`);
      }
      return {
        rowsInserted,
        deadLettered: await sumOf("dit.dead_letters", "events"),
        deduplicated: await sumOf(LEDGER, "deduplicated"),
        reportsDealtWith: await sumOf(LEDGER, "records"),
        pending: await pending(),
      };
    },
  };
}

const LEDGER = "dit.sink_ledger";

/** How far a consumer group is behind, over all partitions. */
export async function pendingRecords(eventLog: Pick<EventLog, "progress">): Promise<number> {
  const progress = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
  return progress.reduce((sum, { endOffset, committedOffset }) => sum + endOffset - committedOffset, 0);
}

/** Tables come into being when something is first stored in them. */
async function existingTables(warehouse: Pick<Warehouse, "query">): Promise<ReadonlySet<string>> {
  const rows = await warehouse.query<{ name: string }>(
    "SELECT concat('dit.', name) AS name FROM system.tables WHERE database = 'dit'",
  );
  return new Set(rows.map(({ name }) => name));
}

/** Those that the sink ever wrote events to, `dit.<use_case>__<event>`: others may have such names too. */
async function eventTables(warehouse: Pick<Warehouse, "query">): Promise<string[]> {
  const rows = await warehouse.query<{ name: string }>(
    `SELECT DISTINCT arrayJoin(mapKeys(l.rows)) AS name FROM ${LEDGER} AS l`,
  );
  return rows.map(({ name }) => name).filter((name) => name.includes("__"));
}

async function total(warehouse: Pick<Warehouse, "query">, sql: string): Promise<number> {
  const [row] = await warehouse.query<{ total: number }>(sql);
  return Number(row?.total ?? 0);
}

async function refusalsByCode(edge: Counted): Promise<Record<string, number>> {
  const counted = await Promise.all(
    Object.keys(PROBLEMS).map(
      async (code) => [code, await edge.value("http_problems_total", { code })] as const,
    ),
  );
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}
