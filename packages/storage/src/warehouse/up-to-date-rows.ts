import type { ClickHouseClient } from "@clickhouse/client";
import { askForRows, type QueryParameters, sendCommand } from "./client-requests.ts";
import { UnfitClusterError } from "./unfit-cluster-error.ts";

export interface UpToDateQuery {
  readonly sql: string;
  readonly parameters: QueryParameters;
  /** Which must have every acknowledged insert. */
  readonly tables: readonly string[];
}

const MAX_ATTEMPTS = 5;
/** A part that a server wrote without hearing whether it counts: it is read, and goes again if it does not. */
const UNSETTLED_SQL =
  "SELECT sum(parts_to_check) AS parts FROM system.replicas WHERE concat(database, '.', table) IN {tables:Array(String)}";

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
    const unsettled = await askForRows<{ parts: number }>(client, UNSETTLED_SQL, { tables }, signal);
    const { result, server } = await askForRows<Row>(client, sql, parameters, signal);
    servers.add(unsettled.server).add(server);
    if (servers.size > 1) continue;
    if (unsettled.result.some(({ parts }) => Number(parts) > 0))
      throw new UnfitClusterError("PARTS_UNSETTLED");
    return result;
  }
  throw new UnfitClusterError("SERVERS_TAKE_TURNS");
}
