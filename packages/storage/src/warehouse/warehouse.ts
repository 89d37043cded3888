/**
 * ClickHouse, in process or over the network, by the same SQL. Inserts are exact: a batch whose deduplication token was
 * inserted before is skipped by the engine, so a repeat after an unknown outcome is safe.
 */
export interface Warehouse {
  /** Parameters are bound by the engine (`{name:Type}` in the SQL). */
  query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** DDL and other statements without rows. */
  command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void>;
  insert(insert: WarehouseInsert): Promise<void>;
  /** Rejects with a reason if the engine does not answer now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface WarehouseInsert {
  /** `database.table`; from code, never from input. */
  readonly table: string;
  readonly columns: readonly string[];
  /** JSONEachRow. Must be determined by the token: the same token with other rows would be dropped unseen. */
  readonly rows: readonly object[];
  readonly deduplicationToken: string;
}
