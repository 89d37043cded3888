import { sqlName, type Warehouse } from "@dit/storage";
import { createDeadLetters, DEAD_LETTERS_TABLE } from "./dead-letters.ts";
import { VIEWS_DATABASE } from "./event-view-ddl.ts";
import { createLedger, LEDGER_TABLE } from "./ledger.ts";
import { createRepeats, REPEATS_TABLE } from "./repeats.ts";

/** The tables that belong to no use case, with the SQL that makes each. */
const BASE_TABLES = {
  [LEDGER_TABLE]: createLedger,
  [DEAD_LETTERS_TABLE]: createDeadLetters,
  [REPEATS_TABLE]: createRepeats,
} as const;

/**
 * Makes the database and its base tables; on a cluster on every server, and on those that have joined since, also the tables and views that sinks
 * and the monitor have made. May be repeated, and by several at once.
 */
export async function migrateWarehouse(warehouse: Warehouse): Promise<void> {
  await makeBaseTables(warehouse);
  if (warehouse.tables.onCluster === "") return;
  await spreadTables(warehouse);
  await spreadViews(warehouse);
}

/** Makes what is not there on the server that is asked: on a cluster every statement waits for all servers, also for one that is away. */
export async function ensureBaseTables(warehouse: Warehouse): Promise<void> {
  const found = await warehouse.query<{ name: string }>(
    "SELECT concat(database, '.', name) AS name FROM system.tables WHERE database = 'dit'",
  );
  const names = new Set(found.map(({ name }) => name));
  const databases = await warehouse.query("SELECT 1 FROM system.databases WHERE name = {name:String}", {
    name: VIEWS_DATABASE,
  });
  const isThere = databases.length > 0 && Object.keys(BASE_TABLES).every((table) => names.has(table));
  if (!isThere) await makeBaseTables(warehouse);
}

async function makeBaseTables({ command, tables }: Warehouse): Promise<void> {
  for (const database of ["dit", VIEWS_DATABASE])
    await command(`CREATE DATABASE IF NOT EXISTS ${database}${tables.onCluster}`);
  for (const create of Object.values(BASE_TABLES)) await command(create(tables));
}

/** Every table as the server that is asked has it, for those that have none of that name. */
async function spreadTables({ query, command, tables }: Warehouse): Promise<void> {
  const found = await query<{ name: string; sql: string }>(
    `SELECT name, create_table_query AS sql FROM system.tables
    WHERE database = 'dit' AND endsWith(engine, 'MergeTree') AND match(name, '^[a-z][a-z0-9_]*$') ORDER BY name`,
  );
  for (const { name, sql } of found) {
    const definition = sql.slice(sql.indexOf("("));
    await command(`CREATE TABLE IF NOT EXISTS ${sqlName(`dit.${name}`)}${tables.onCluster} ${definition}`);
  }
}

async function spreadViews({ query, command, tables }: Warehouse): Promise<void> {
  const found = await query<{ name: string; sql: string }>(
    `SELECT name, create_table_query AS sql FROM system.tables
    WHERE database = '${VIEWS_DATABASE}' AND match(name, '^[a-z][a-z0-9_]*$') ORDER BY name`,
  );
  for (const { name, sql } of found) {
    const definition = sql.slice(sql.indexOf(" DEFINER = "));
    await command(
      `CREATE VIEW IF NOT EXISTS ${sqlName(`${VIEWS_DATABASE}.${name}`)}${tables.onCluster}${definition}`,
    );
  }
}
