import { readFile } from "node:fs/promises";
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from "@clickhouse/client";
import type { ClickHouseWarehouseOptions } from "./clickhouse.ts";

/**
 * An idle connection is closed here before the server closes it (`keep_alive_timeout`: 3 s in old releases). The next request on it would
 * find "socket hang up".
 */
const IDLE_SOCKET_MS = 2_000;
const MAX_CONNECTIONS = 16;
/** How long a statement waits for a cluster's servers that are away. They make up for it when they are back. */
const CLUSTER_STATEMENT_SECONDS = 15;
/** Of an insert's time, for the replicas that its answer waits for: then the server says that they are missing. */
const QUORUM_SHARE = 0.8;

export async function connectClickHouse(
  options: ClickHouseWarehouseOptions,
  { insertMs, statementMs }: { readonly insertMs: number; readonly statementMs: number },
): Promise<ClickHouseClient> {
  const { url, user, password, caPath, compression = "none", cluster } = options;
  return createClient({
    url,
    username: user,
    password,
    ...(caPath !== undefined && { tls: { ca_cert: await readFile(caPath) } }),
    // What it would print holds parameters.
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: Math.max(insertMs, statementMs),
    max_open_connections: MAX_CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS, eagerly_destroy_stale_sockets: true },
    compression: { request: compression === "none" ? false : { codec: compression }, response: false },
    // Lists of report ids are longer than what servers and proxies take as an address.
    use_multipart_params_auto: true,
    clickhouse_settings: {
      // An error comes as one, and not behind rows and a status of success.
      wait_end_of_query: 1,
      output_format_json_quote_64bit_integers: 0,
      max_execution_time: seconds(statementMs),
      ...(cluster !== undefined && {
        distributed_ddl_task_timeout: String(CLUSTER_STATEMENT_SECONDS),
        distributed_ddl_output_mode: "null_status_on_timeout",
      }),
    },
  });
}

/** `quorum`: of the cluster's servers, those that must have the rows before the answer. */
export function insertSettings(insert: {
  readonly deduplicationToken: string;
  readonly timeoutMs: number;
  readonly quorum: number | undefined;
}): ClickHouseSettings {
  const { deduplicationToken, timeoutMs, quorum } = insert;
  return {
    insert_deduplication_token: deduplicationToken,
    insert_deduplicate: 1,
    async_insert: 0,
    max_execution_time: seconds(timeoutMs),
    ...(quorum !== undefined && {
      insert_quorum: String(quorum),
      insert_quorum_timeout: Math.round(timeoutMs * QUORUM_SHARE),
    }),
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
