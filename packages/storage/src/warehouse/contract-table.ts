import { MERGE_TREE_SETTINGS } from "./merge-tree-settings.ts";
import type { WarehouseInsert } from "./warehouse.ts";

export const TABLE = "contract.events";

export const CREATE_TABLE = [
  "CREATE DATABASE IF NOT EXISTS contract",
  `CREATE TABLE IF NOT EXISTS ${TABLE} (batch String, number UInt32, text String)
   ENGINE = MergeTree ORDER BY (batch, number) SETTINGS ${MERGE_TREE_SETTINGS}`,
];

export const BATCH_ROWS = 50;

/** The rows of a batch are determined by its name, which is also its token. */
export function batchInsert(batch: string): WarehouseInsert {
  const rows = Array.from({ length: BATCH_ROWS }, (_, number) => ({
    batch,
    number,
    text: `${batch} 'é\\"\n${number}`,
  }));
  return { table: TABLE, columns: ["batch", "number", "text"], rows, deduplicationToken: batch };
}
