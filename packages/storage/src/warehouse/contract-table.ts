import type { TableDialect } from "./table-dialect.ts";
import type { WarehouseInsert } from "./warehouse.ts";

export const TABLE = "contract.events";

export function createTable({ onCluster, engine, settings }: TableDialect): string[] {
  return [
    `CREATE DATABASE IF NOT EXISTS contract${onCluster}`,
    `CREATE TABLE IF NOT EXISTS ${TABLE}${onCluster} (batch String, number UInt32, text String)
     ENGINE = ${engine(TABLE)} ORDER BY (batch, number) SETTINGS ${settings}`,
  ];
}

export const BATCH_ROWS = 50;

/** The rows of a batch are determined by its name, which is also its token. */
export function batchInsert(batch: string): WarehouseInsert {
  const rows = Array.from({ length: BATCH_ROWS }, (_, number) => [
    batch,
    number,
    `${batch} 'é\\"\n${number}`,
  ]);
  return { table: TABLE, columns: ["batch", "number", "text"], rows, deduplicationToken: batch };
}
