import { type ChdbResult, drainPending, Session } from "chdb";
import { plainSql } from "./plain-sql.ts";
import type { QueryRequest } from "./query-request.ts";
import { createSessionPool } from "./session-pool.ts";
import { literal } from "./sql-literal.ts";

export interface Engine {
  readonly version: string;
  /** Many may run at once; what one sets, no other sees. Rejects with the engine's own message. */
  run(request: QueryRequest): Promise<ChdbResult>;
  /** Waits for what runs. */
  close(): Promise<void>;
}

/** Of the engine's memory for all queries together: several processes share a machine. */
const MAX_SERVER_MEMORY_BYTES = 2 * 1_024 ** 3;
const NO_DATA_TO_INSERT = /^Code: 108\b/;

export interface EngineOptions {
  readonly configPath?: string;
  /** The SQL is a cluster's, which `configPath` describes, and is cut down for one engine. */
  readonly isCluster: boolean;
}

export async function openEngine(path: string, { configPath, isCluster }: EngineOptions): Promise<Engine> {
  const connectionArgs = [
    `--max_server_memory_usage=${MAX_SERVER_MEMORY_BYTES}`,
    ...(configPath === undefined ? [] : [`--config-file=${configPath}`]),
  ];
  // The engine starts with its first session, and stops with its last.
  const first = new Session(path, { connectionArgs });
  const version = (await first.queryAsync("SELECT version()", { format: "TSVRaw" })).text().trim();
  const pool = createSessionPool(path);
  return {
    version,
    run: (request) =>
      pool.use(request, async (session) => {
        if (!isCluster) return await runOn(session, request);
        await session.queryAsync(`SELECT formatQuery(${literal(statementOf(request.sql))}) FORMAT Null`);
        return await runOn(session, { ...request, sql: plainSql(request.sql) });
      }),
    async close() {
      await drainPending();
      pool.close();
      first.close();
      await drainPending();
    },
  };
}

async function runOn(session: Session, { sql, defaultFormat }: QueryRequest): Promise<ChdbResult> {
  try {
    return await session.queryAsync(sql, { format: defaultFormat });
  } catch (error) {
    // Without rows to come, a server inserts none and is content.
    const isEmptyInsert = error instanceof Error && NO_DATA_TO_INSERT.test(error.message);
    if (isEmptyInsert) return await session.queryAsync("SELECT 1 WHERE 0");
    throw error;
  }
}

/** Without the rows of an insert. */
function statementOf(sql: string): string {
  return /^\s*INSERT\b/i.test(sql) ? (sql.split("\n", 1)[0] ?? "") : sql;
}
