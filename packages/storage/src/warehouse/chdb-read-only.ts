import { randomUUID } from "node:crypto";
import { Session } from "chdb";
import {
  type AllowedFunctions,
  type CatalogueFunction,
  createAllowedFunctions,
  FUNCTION_CATALOGUE_SQL,
} from "./allowed-functions.ts";
import { createLanes } from "./lanes.ts";
import { checkQueryTree } from "./query-tree.ts";
import { assertOneReadingStatement } from "./reading-statement.ts";
import { sqlString } from "./sql-string.ts";

export interface ReadOnlyChdbOptions {
  /** The path of the warehouse, which this process has open. */
  readonly path: string;
  /** The one database whose tables are answered. */
  readonly database: string;
  /** The one whose parametrised views are answered, too; what stands in them is not looked at. */
  readonly views?: string;
  readonly maxConcurrentQueries?: number;
  /** Beyond it a query rejects with LanesFullError at once. */
  readonly maxWaitingQueries?: number;
  /** Of one query. */
  readonly maxMemoryBytes?: number;
  /** Of one answer: it is held whole, beside the engine's own memory. */
  readonly maxResultBytes?: number;
  readonly maxExecutionSeconds?: number;
}

export interface ReadOnlyChdb {
  /**
   * One statement that reads. `format` is used where the statement has no FORMAT of its own. `parameters` are
   * what ClickHouse's HTTP interface takes as `param_<name>`: text, escaped as in TSV. Rejects with the
   * engine's own message, which is for whoever asked and may quote rows: never log it. Aborting the signal ends it.
   */
  query(
    sql: string,
    format: string,
    parameters?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<ReadOnlyResult>;
  /** Rejects if the engine does not answer; waits for no query. */
  check(): Promise<void>;
  /** Ends the queries that run. */
  close(): Promise<void>;
}

export interface ReadOnlyResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedSeconds: number;
}

/**
 * Sessions that were closed and are kept all the same: chDB keeps one until the queries have ended that ran when it was closed, and the
 * engine counts 2 MiB for each. Beside one long query, without a bound, there would be no memory left for those who write.
 */
const MAX_KEPT_SESSIONS = 200;

/** Marks the queries of one reader, so that it can end its own and nobody else's. */
const KILL_MARK = "dit_read_only_";

/**
 * What strangers may do with the embedded warehouse: read its tables. Every query has a connection of its own, on which
 * the engine's `readonly` refuses writes, changes of settings and table functions that reach files and
 * networks; it dies with the query, so nothing that one query left behind is there for the next. What
 * `readonly` lets through is refused before: see `assertOneReadingStatement` and `checkQueryTree`.
 */
export function openReadOnlyChdb({
  path,
  database,
  views,
  maxConcurrentQueries = 2,
  maxWaitingQueries = 32,
  maxMemoryBytes = 1_024 ** 3,
  maxResultBytes = 64 * 1_024 ** 2,
  maxExecutionSeconds = 30,
}: ReadOnlyChdbOptions): ReadOnlyChdb {
  const lanes = createLanes(maxConcurrentQueries, maxWaitingQueries);
  const kept = createLanes(MAX_KEPT_SESSIONS);
  const limits =
    `SET max_memory_usage = ${maxMemoryBytes}, max_result_bytes = ${maxResultBytes}, result_overflow_mode = 'throw', ` +
    `max_execution_time = ${maxExecutionSeconds}, readonly = 1`;
  const reader = `${KILL_MARK}${randomUUID()}`;
  const running = new Set<Promise<unknown>>();
  /** Of those that run, the ones that do not wait for a session. */
  const begun = new Set<Promise<void>>();
  let closed = false;
  let functions: AllowedFunctions | undefined;

  async function answer(
    sql: string,
    format: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<ReadOnlyResult> {
    if (closed) throw new Error("warehouse (chdb, read-only): closed");
    return inSession(path, async (session) => {
      await assertOneReadingStatement(session, sql);
      for (const [name, value] of Object.entries(parameters))
        await session.queryAsync(setParameter(name, value));
      functions ??= createAllowedFunctions(await readCatalogue(session));
      checkQueryTree(await explainTree(session, sql), { functions, database, views });
      await session.queryAsync(limits);
      const mark = `${reader}_${randomUUID()}`;
      const end = () => void killQueries(path, mark).catch(() => undefined);
      signal?.throwIfAborted();
      signal?.addEventListener("abort", end, { once: true });
      try {
        const result = await session.queryAsync(`/* ${mark} */ ${sql}`, { format });
        const { rowsRead, bytesRead, elapsed } = result;
        return { bytes: withoutCopy(result.bytes()), rowsRead, bytesRead, elapsedSeconds: elapsed };
      } finally {
        signal?.removeEventListener("abort", end);
      }
    });
  }

  /** Answers at once, and then waits for what makes chDB keep its session. */
  function answerKept(...query: Parameters<typeof answer>): Promise<ReadOnlyResult> {
    const result = Promise.withResolvers<ReadOnlyResult>();
    void kept(async () => {
      const answering = answer(...query).then(result.resolve, result.reject);
      begun.add(answering);
      await answering;
      begun.delete(answering);
      await Promise.all(begun);
    });
    return result.promise;
  }

  return {
    async query(sql, format, parameters = {}, signal) {
      const answering = lanes(() => answerKept(sql, format, parameters, signal), signal);
      running.add(answering);
      try {
        return await answering;
      } finally {
        running.delete(answering);
      }
    },
    check: () => inSession(path, async (session) => void (await session.queryAsync("SELECT 1"))),
    async close() {
      closed = true;
      if (running.size > 0) await killQueries(path, reader);
      await Promise.allSettled(running);
    },
  };
}

/** The engine's bytes are in memory of this process alone. */
function withoutCopy({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array<ArrayBuffer> {
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(buffer, byteOffset, byteLength).slice();
}

async function inSession<T>(path: string, use: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session(path);
  try {
    return await use(session);
  } finally {
    session.close();
  }
}

/** The engine goes on with a query whose asker has left; this ends every query that has the mark. */
function killQueries(path: string, mark: string): Promise<void> {
  const condition = `position(query, ${sqlString(mark)}) > 0 AND NOT startsWith(query, 'KILL')`;
  return inSession(
    path,
    async (session) => void (await session.queryAsync(`KILL QUERY WHERE ${condition} ASYNC`)),
  );
}

/** The engine's own parse, a line a node. Parameters must have been set: the parse puts them in. */
async function explainTree(session: Session, sql: string): Promise<string> {
  return (await session.queryAsync(`EXPLAIN AST ${sql}`, { format: "TSVRaw" })).text();
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
  return `SET param_${name} = ${sqlString(value)}`;
}
