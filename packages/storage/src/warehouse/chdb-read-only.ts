import { Session } from "chdb";
import {
  type AllowedFunctions,
  type CatalogueFunction,
  createAllowedFunctions,
  FUNCTION_CATALOGUE_SQL,
} from "./allowed-functions.ts";
import { createLanes } from "./lanes.ts";
import { assertFunctionsAllowed, assertOneReadingStatement, quote } from "./reading-statement.ts";

export interface ReadOnlyChdbOptions {
  /** The path of the warehouse, which this process has open. */
  readonly path: string;
  readonly maxConcurrentQueries?: number;
  /** Of one query. */
  readonly maxMemoryBytes?: number;
  readonly maxExecutionSeconds?: number;
}

export interface ReadOnlyChdb {
  /**
   * One statement that reads. `format` is used where the statement has no FORMAT of its own. `parameters` are
   * what ClickHouse's HTTP interface takes as `param_<name>`: text, escaped as in TSV. Rejects with the
   * engine's own message, which is for whoever asked and may quote rows: never log it.
   */
  query(sql: string, format: string, parameters?: Readonly<Record<string, string>>): Promise<ReadOnlyResult>;
  close(): Promise<void>;
}

export interface ReadOnlyResult {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedSeconds: number;
}

/**
 * What strangers may do with the embedded warehouse: read it. Every query has a connection of its own, on which
 * the engine's `readonly` refuses writes, changes of settings and table functions that reach files and
 * networks; it dies with the query, so nothing that one query left behind is there for the next. What
 * `readonly` lets through is refused before: see `assertOneReadingStatement` and `assertFunctionsAllowed`.
 */
export function openReadOnlyChdb({
  path,
  maxConcurrentQueries = 2,
  maxMemoryBytes = 1_024 ** 3,
  maxExecutionSeconds = 60,
}: ReadOnlyChdbOptions): ReadOnlyChdb {
  const lanes = createLanes(maxConcurrentQueries);
  const limits = `SET max_memory_usage = ${maxMemoryBytes}, max_execution_time = ${maxExecutionSeconds}, readonly = 1`;
  const running = new Set<Promise<unknown>>();
  let closed = false;
  let allowed: AllowedFunctions | undefined;

  async function allowedFunctions(session: Session): Promise<AllowedFunctions> {
    allowed ??= createAllowedFunctions(await readCatalogue(session));
    return allowed;
  }

  async function answer(
    sql: string,
    format: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<ReadOnlyResult> {
    if (closed) throw new Error("warehouse (chdb, read-only): closed");
    const session = new Session(path);
    try {
      await assertOneReadingStatement(session, sql);
      for (const [name, value] of Object.entries(parameters))
        await session.queryAsync(setParameter(name, value));
      await assertFunctionsAllowed(session, sql, await allowedFunctions(session));
      await session.queryAsync(limits);
      const result = await session.queryAsync(sql, { format });
      const { rowsRead, bytesRead, elapsed } = result;
      return { bytes: result.bytes(), rowsRead, bytesRead, elapsedSeconds: elapsed };
    } finally {
      session.close();
    }
  }

  return {
    async query(sql, format, parameters = {}) {
      const answering = lanes(() => answer(sql, format, parameters));
      running.add(answering);
      try {
        return await answering;
      } finally {
        running.delete(answering);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(running);
    },
  };
}

async function readCatalogue(session: Session): Promise<CatalogueFunction[]> {
  const rows = await session.queryAsync(FUNCTION_CATALOGUE_SQL, { format: "JSONEachRow" });
  return rows
    .text()
    .trimEnd()
    .split("\n")
    .map((row) => JSON.parse(row) as CatalogueFunction);
}

function setParameter(name: string, value: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new RangeError("a parameter's name is letters, digits and _");
  return `SET param_${name} = ${quote(value)}`;
}
