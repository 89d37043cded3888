import type { Warehouse } from "@dit/storage";
import { ALERTS_TABLE, createAlerts } from "./alerts.ts";
import { CONTAINMENTS_TABLE, createContainments } from "./containments.ts";
import { CURVES_TABLE, createCurves } from "./curves.ts";
import { createScores, SCORES_TABLE } from "./scores.ts";

const TABLES = {
  [SCORES_TABLE]: createScores,
  [CONTAINMENTS_TABLE]: createContainments,
  [CURVES_TABLE]: createCurves,
  [ALERTS_TABLE]: createAlerts,
} as const;

/** Makes the monitor's tables, on every server of a cluster. May be repeated, and by several at once. */
export async function migrateReidTables(warehouse: Warehouse): Promise<void> {
  await warehouse.command(`CREATE DATABASE IF NOT EXISTS dit${warehouse.tables.onCluster}`);
  for (const create of Object.values(TABLES)) await warehouse.command(create(warehouse.tables));
}

/** Makes what is not there on the server that is asked. */
export async function ensureReidTables(warehouse: Warehouse): Promise<void> {
  const found = await warehouse.query<{ name: string }>(
    "SELECT concat(database, '.', name) AS name FROM system.tables WHERE database = 'dit'",
  );
  const names = new Set(found.map(({ name }) => name));
  if (!Object.keys(TABLES).every((table) => names.has(table))) await migrateReidTables(warehouse);
}
