import type { WarehouseInsert } from "@dit/storage";
import { Session } from "chdb";

export interface RawInserts {
  /** Encodes and inserts; rejects if the engine refuses. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  close(): void;
}

/**
 * What somebody would write who has rows and an engine: JSONEachRow on a connection of its own, one insert after the other, each with a
 * token as the sink's have.
 */
export function openRawInserts(warehousePath: string): RawInserts {
  const session = new Session(warehousePath);
  let insertCount = 0;
  return {
    async insert(table, rows) {
      await session.insert({
        table,
        values: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
        format: "JSONEachRow",
        settings: {
          insert_deduplication_token: `raw:${insertCount++}`,
          insert_deduplicate: 1,
          async_insert: 0,
        },
      });
    },
    close: () => session.close(),
  };
}

/** The rows of an insert as objects, without the columns that have no value. */
export function objectsOf({ columns, rows }: WarehouseInsert): object[] {
  return rows.map((row) => {
    const values = columns.map((column, index) => [column, row[index]] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== null));
  });
}
