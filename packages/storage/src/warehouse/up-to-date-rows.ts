import type { ClickHouseClient } from "@clickhouse/client";
import { askForRows, type QueryParameters, sendCommand } from "./client-requests.ts";

export interface UpToDateQuery {
  readonly sql: string;
  readonly parameters: QueryParameters;
  /** Which must have every acknowledged insert. */
  readonly tables: readonly string[];
}

/** Another server answered than had been told to catch up: several behind one address take turns. */
class ServersTakeTurnsError extends Error {
  override readonly name = "ServersTakeTurnsError";
  readonly code = "SERVERS_TAKE_TURNS";
}

const MAX_ATTEMPTS = 5;

/**
 * Has the server fetch what its replicas of the tables lack, and asks it then. (`select_sequential_consistency` would need every insert to
 * wait for the one before it, of all sinks: `insert_quorum_parallel = 0`.)
 */
export async function upToDateRows<Row>(
  client: ClickHouseClient,
  { sql, parameters, tables }: UpToDateQuery,
  signal: AbortSignal,
): Promise<Row[]> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const servers = new Set<string | undefined>();
    for (const table of tables) {
      servers.add((await sendCommand(client, `SYSTEM SYNC REPLICA ${table} LIGHTWEIGHT`, {}, signal)).server);
    }
    const { result, server } = await askForRows<Row>(client, sql, parameters, signal);
    if (servers.add(server).size === 1) return result;
  }
  throw new ServersTakeTurnsError("no server answered twice in a row");
}
