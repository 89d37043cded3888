import { readFile } from "node:fs/promises";
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from "@clickhouse/client";
import { onceMore, withinMs } from "./bounded-request.ts";
import { askForRows, hasValues, type QueryParameters, sendCommand } from "./client-requests.ts";
import { encodeJsonEachRow } from "./json-each-row.ts";
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
/**
 * An idle connection is closed here before the server closes it (`keep_alive_timeout`: 3 s in old releases). The next request on it would
 * find "socket hang up".
 */
const IDLE_SOCKET_MS = 2_000;
const MAX_CONNECTIONS = 16;
/** Of an insert's time, for the replicas that its answer waits for: then the server says that they are missing. */
const QUORUM_SHARE = 0.8;
/** How long a statement waits for a cluster's servers that are away. They make up for it when they are back. */
const CLUSTER_STATEMENT_SECONDS = 15;

/** ClickHouse over HTTP. Nothing is asked of it before the first statement. */
export async function openClickHouseWarehouse(options: ClickHouseWarehouseOptions): Promise<Warehouse> {
  const { cluster, insertTimeoutMs = DEFAULT_INSERT_TIMEOUT_MS } = options;
  const { statementTimeoutMs = DEFAULT_STATEMENT_TIMEOUT_MS } = options;
  const client = await connect(options, { insertTimeoutMs, statementTimeoutMs });
  const operations = createOperations("clickhouse");

  /** What reads may be asked again. */
  function read<Row>(
    sql: string,
    parameters: QueryParameters,
    upToDate: readonly string[],
    timeoutMs: number,
  ) {
    return operations.run("query failed", hasValues(parameters), () =>
      withinMs(timeoutMs, (signal) =>
        onceMore(async () => {
          if (cluster === undefined || upToDate.length === 0)
            return (await askForRows<Row>(client, sql, parameters, signal)).result;
          return await upToDateRows<Row>(client, { sql, parameters, tables: upToDate }, signal);
        }),
      ),
    );
  }

  async function insertRows({ rows, deduplicationToken, ...target }: WarehouseInsert): Promise<void> {
    if (rows.length === 0) return;
    const body = await encodeJsonEachRow(rows);
    const settings = insertSettings(cluster, insertTimeoutMs, deduplicationToken);
    // Its token makes a repeat safe: the server may have stored what it could not answer.
    await withinMs(insertTimeoutMs, (signal) =>
      onceMore(() => postRows(client, target, body, { settings, signal })),
    );
  }

  return {
    tables: cluster === undefined ? SINGLE_NODE : clusterDialect(cluster),
    query: (sql, parameters = {}, { upToDate = [] } = {}) =>
      read(sql, parameters, upToDate, statementTimeoutMs),
    command: (sql, parameters = {}) =>
      operations.run("command failed", hasValues(parameters), () =>
        withinMs(
          statementTimeoutMs,
          async (signal) => void (await sendCommand(client, sql, parameters, signal)),
        ),
      ),
    insert: (insert) => operations.run(`insert into ${insert.table} failed`, true, () => insertRows(insert)),
    check: async () => void (await read("SELECT 1", {}, [], CHECK_TIMEOUT_MS)),
    close: () => operations.close(() => client.close()),
  };
}

async function connect(
  { url, user, password, caPath, compression = "none", cluster }: ClickHouseWarehouseOptions,
  {
    insertTimeoutMs,
    statementTimeoutMs,
  }: { readonly insertTimeoutMs: number; readonly statementTimeoutMs: number },
): Promise<ClickHouseClient> {
  return createClient({
    url,
    username: user,
    password,
    ...(caPath !== undefined && { tls: { ca_cert: await readFile(caPath) } }),
    // What it would print holds parameters.
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: Math.max(insertTimeoutMs, statementTimeoutMs),
    max_open_connections: MAX_CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS, eagerly_destroy_stale_sockets: true },
    compression: { request: compression === "none" ? false : { codec: compression }, response: false },
    // Lists of report ids are longer than what servers and proxies take as an address.
    use_multipart_params_auto: true,
    clickhouse_settings: {
      // An error comes as one, and not behind rows and a status of success.
      wait_end_of_query: 1,
      output_format_json_quote_64bit_integers: 0,
      max_execution_time: seconds(statementTimeoutMs),
      ...(cluster !== undefined && {
        distributed_ddl_task_timeout: String(CLUSTER_STATEMENT_SECONDS),
        distributed_ddl_output_mode: "null_status_on_timeout",
      }),
    },
  });
}

function insertSettings(
  cluster: string | undefined,
  timeoutMs: number,
  deduplicationToken: string,
): ClickHouseSettings {
  return {
    insert_deduplication_token: deduplicationToken,
    insert_deduplicate: 1,
    async_insert: 0,
    max_execution_time: seconds(timeoutMs),
    ...(cluster !== undefined && {
      insert_quorum: "auto",
      insert_quorum_timeout: Math.round(timeoutMs * QUORUM_SHARE),
    }),
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
