import type { Warehouse } from "@dit/storage";
import { createDeadLetters, DEAD_LETTERS_TABLE } from "./dead-letters.ts";
import { createLedger, LEDGER_TABLE } from "./ledger.ts";
import { createRepeats, REPEATS_TABLE } from "./repeats.ts";

/** The tables that belong to no use case, with the SQL that makes each. */
const BASE_TABLES = {
  [LEDGER_TABLE]: createLedger,
  [DEAD_LETTERS_TABLE]: createDeadLetters,
  [REPEATS_TABLE]: createRepeats,
} as const;

/** Makes the database and its base tables, on every server of a cluster. May be repeated, and by several at once. */
export async function migrateWarehouse(warehouse: Warehouse): Promise<void> {
  await warehouse.command(`CREATE DATABASE IF NOT EXISTS dit${warehouse.tables.onCluster}`);
  for (const create of Object.values(BASE_TABLES)) await warehouse.command(create(warehouse.tables));
}

/** Makes what is not there on the server that is asked: on a cluster every statement waits for all servers, also for one that is away. */
export async function ensureBaseTables(warehouse: Warehouse): Promise<void> {
  const found = await warehouse.query<{ name: string }>(
    "SELECT concat(database, '.', name) AS name FROM system.tables WHERE database = 'dit'",
  );
  const names = new Set(found.map(({ name }) => name));
  if (!Object.keys(BASE_TABLES).every((table) => names.has(table))) await migrateWarehouse(warehouse);
}
