import { mkdir } from "node:fs/promises";
import { type ClickHouseClient, createClient } from "@clickhouse/client";
import { drainPending, Session } from "chdb";
import { createChdbConnection } from "chdb/connection";
import { askForRows, hasValues, type QueryParameters, sendCommand } from "./client-requests.ts";
import { encodeRows, ROWS_FORMAT } from "./encode-rows.ts";
import { createLanes } from "./lanes.ts";
import { createOperations } from "./operations.ts";
import { SINGLE_NODE } from "./table-dialect.ts";
import { type Warehouse, WarehouseError, type WarehouseInsert } from "./warehouse.ts";

export {
  openReadOnlyChdb,
  type ReadOnlyChdb,
  type ReadOnlyChdbOptions,
  type ReadOnlyResult,
} from "./chdb-read-only.ts";
export { LanesFullError } from "./lanes.ts";
export { NotReadingError } from "./reading-statement.ts";

export interface ChdbWarehouseOptions {
  /** The engine's data directory. A process can have one only. */
  readonly path: string;
  /** Of which the engine keeps its caches and all queries together. */
  readonly maxMemoryBytes?: number;
}

type InjectedConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>["connection"]>;

const GIB = 1_024 ** 3;

/**
 * ClickHouse in this process. Inserts have a connection of their own, so that a long query does not hold them
 * up; each connection does one thing at a time.
 */
export async function openChdbWarehouse({
  path,
  maxMemoryBytes = 2 * GIB,
}: ChdbWarehouseOptions): Promise<Warehouse & { readonly path: string }> {
  const { inserting, client } = await connect(path, maxMemoryBytes);
  const insertLane = createLanes(1);
  const statementLane = createLanes(1);
  const operations = createOperations("chdb");

  const query = <Row>(sql: string, parameters: QueryParameters = {}): Promise<Row[]> =>
    operations.run("query failed", hasValues(parameters), () =>
      statementLane(async () => (await askForRows<Row>(client, sql, parameters)).result),
    );

  return {
    path,
    tables: SINGLE_NODE,
    query,
    command: (sql, parameters = {}) =>
      operations.run("command failed", hasValues(parameters), () =>
        statementLane(async () => void (await sendCommand(client, sql, parameters))),
      ),
    insert: (insert) =>
      operations.run(`insert into ${insert.table} failed`, true, async () => {
        if (insert.rows.length === 0) return;
        // Before its turn: while the engine works on another insert.
        const values = await encodeRows(insert.rows);
        await insertLane(() => insertValues(inserting, insert, values));
      }),
    check: async () => void (await query("SELECT 1")),
    close: () =>
      operations.close(async () => {
        await client.close();
        inserting.close();
        await drainPending();
      }),
  };
}

async function connect(
  path: string,
  maxMemoryBytes: number,
): Promise<{ inserting: Session; client: ClickHouseClient }> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // The first connection starts the engine, so the engine's own settings can only come with it.
    const inserting = new Session(path, { connectionArgs: [`--max_server_memory_usage=${maxMemoryBytes}`] });
    // The binding declares the same interface over another copy of the client's types.
    const connection = createChdbConnection({ path }) as unknown as InjectedConnection;
    return { inserting, client: createClient({ connection }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WarehouseError(`warehouse (chdb): cannot open ${path}: ${reason}`, undefined, undefined);
  }
}

/**
 * The settings stand in the statement. As `SET`, which is what the client would make of them, the token would
 * stay on the connection, and the engine would skip the next insert that comes without one.
 */
async function insertValues(
  session: Session,
  { table, columns, deduplicationToken }: WarehouseInsert,
  values: Buffer,
): Promise<void> {
  await session.insert({
    table,
    columns,
    values,
    format: ROWS_FORMAT,
    settings: {
      insert_deduplication_token: deduplicationToken,
      insert_deduplicate: 1,
      async_insert: 0,
    },
  });
}
