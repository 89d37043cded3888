import { onceMore, withinMs } from "./bounded-request.ts";
import { connectClickHouse, insertSettings } from "./clickhouse-client.ts";
import { askForRows, hasValues, type QueryParameters, sendCommand } from "./client-requests.ts";
import { createClusterQuorum } from "./cluster-quorum.ts";
import { encodeRows } from "./encode-rows.ts";
import { createOperations } from "./operations.ts";
import { postRows } from "./post-rows.ts";
import { clusterDialect, SINGLE_NODE } from "./table-dialect.ts";
import { upToDateRows } from "./up-to-date-rows.ts";
import type { Warehouse, WarehouseInsert } from "./warehouse.ts";

export interface ClickHouseWarehouseOptions {
  /** `http://host:8123` or `https://host:8443`, without user and password. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /**
   * A cluster of the servers' configuration, with one shard: tables are made on all its servers and replicated, and an insert is answered
   * once most of them have it.
   */
  readonly cluster?: string;
  /** Of a PEM file with the authorities to trust in place of the system's. */
  readonly caPath?: string;
  /** Of the rows of inserts, on their way. */
  readonly compression?: "none" | "gzip" | "zstd";
  /** After which an insert counts as not answered. The server ends it then too. */
  readonly insertTimeoutMs?: number;
  /** The same for any other statement. */
  readonly statementTimeoutMs?: number;
}

const DEFAULT_INSERT_TIMEOUT_MS = 30_000;
const DEFAULT_STATEMENT_TIMEOUT_MS = 60_000;
const CHECK_TIMEOUT_MS = 5_000;

/** ClickHouse over HTTP. Nothing is asked of it before the first statement. */
export async function openClickHouseWarehouse(options: ClickHouseWarehouseOptions): Promise<Warehouse> {
  const { cluster, insertTimeoutMs: insertMs = DEFAULT_INSERT_TIMEOUT_MS } = options;
  const { statementTimeoutMs: statementMs = DEFAULT_STATEMENT_TIMEOUT_MS } = options;
  const client = await connectClickHouse(options, { insertMs, statementMs });
  const quorum = cluster === undefined ? undefined : createClusterQuorum(client, cluster);
  const operations = createOperations("clickhouse");

  async function insertRows(
    { rows, deduplicationToken, ...target }: WarehouseInsert,
    signal: AbortSignal,
  ): Promise<void> {
    const body = await encodeRows(rows);
    const copies = await quorum?.size(signal);
    const settings = insertSettings({ deduplicationToken, timeoutMs: insertMs, quorum: copies });
    try {
      // Its token makes a repeat safe: the server may have stored what it could not answer.
      await onceMore(() => postRows(client, target, body, { settings, signal }));
    } catch (error) {
      quorum?.forget();
      throw error;
    }
  }

  async function read<Row>(sql: string, parameters: QueryParameters, tables: readonly string[], ms: number) {
    const ask = async (signal: AbortSignal) =>
      quorum === undefined || tables.length === 0
        ? (await askForRows<Row>(client, sql, parameters, signal)).result
        : await upToDateRows<Row>(client, { sql, parameters, tables }, signal);
    return await operations.run("query failed", hasValues(parameters), () =>
      withinMs(ms, (signal) => onceMore(() => ask(signal))),
    );
  }

  return {
    tables: cluster === undefined ? SINGLE_NODE : clusterDialect(cluster),
    query: (sql, parameters = {}, { upToDate = [] } = {}) => read(sql, parameters, upToDate, statementMs),
    command: (sql, parameters = {}) =>
      operations.run("command failed", hasValues(parameters), () =>
        withinMs(statementMs, async (signal) => {
          await quorum?.size(signal);
          await sendCommand(client, sql, parameters, signal);
        }),
      ),
    insert: (insert) =>
      operations.run(`insert into ${insert.table} failed`, true, async () => {
        if (insert.rows.length > 0) await withinMs(insertMs, (signal) => insertRows(insert, signal));
      }),
    check: async () => void (await read("SELECT 1", {}, [], CHECK_TIMEOUT_MS)),
    close: () => operations.close(() => client.close()),
  };
}
