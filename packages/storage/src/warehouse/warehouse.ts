import type { TableDialect } from "./table-dialect.ts";

/**
 * ClickHouse, in process or over the network, by the same SQL. Inserts are exact: a batch whose deduplication
 * token was inserted before is skipped by the engine, so a repeat after an unknown outcome is safe. What the
 * engine refuses rejects with a `WarehouseError`.
 */
export interface Warehouse {
  /** For the SQL of its tables. */
  readonly tables: TableDialect;
  /**
   * Parameters are bound by the engine (`{name:Type}` in the SQL). 64-bit integers come as numbers: have the
   * SQL make a string of one that may pass 2^53.
   */
  query<Row>(
    sql: string,
    parameters?: Readonly<Record<string, unknown>>,
    options?: WarehouseQueryOptions,
  ): Promise<Row[]>;
  /** DDL and other statements without rows. */
  command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void>;
  insert(insert: WarehouseInsert): Promise<void>;
  /** Rejects with a reason if the engine does not answer now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface WarehouseQueryOptions {
  /**
   * Tables of which the answer must have every insert that was acknowledged before, by whichever server of a cluster: a server may answer
   * from what it has while it is behind the others.
   */
  readonly upToDate?: readonly string[];
}

export interface WarehouseInsert {
  /** `database.table`; from code, never from input. */
  readonly table: string;
  readonly columns: readonly string[];
  /**
   * A value a column, as JSON has it; null stands for the column's default. Must be determined by the token: the same token with other
   * rows would be dropped unseen.
   */
  readonly rows: readonly (readonly unknown[])[];
  readonly deduplicationToken: string;
}

/** Quotes the statement at most, and only where no value can be in it; never a row or a parameter. */
export class WarehouseError extends Error {
  override readonly name = "WarehouseError";
  /**
   * ClickHouse's number and name for it, such as 60 and `UNKNOWN_TABLE`; undefined if the engine did not
   * answer.
   */
  readonly engineCode: number | undefined;
  readonly engineType: string | undefined;
  /** Why, in a word: `engineType`, or what became of the connection, such as `ECONNREFUSED`. */
  readonly code: string | undefined;

  constructor(
    message: string,
    engineCode: number | undefined,
    engineType: string | undefined,
    code: string | undefined = engineType,
  ) {
    super(message);
    this.engineCode = engineCode;
    this.engineType = engineType;
    this.code = code;
  }
}
