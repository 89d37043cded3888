import type { Sql } from "postgres";
import { connectPostgres, type PostgresServer } from "./connection.ts";
import { PostgresStoreError, toStoreError } from "./errors.ts";

/** Connections that are made when they are needed, and made anew when they were lost. */
export interface PostgresPool {
  /**
   * One statement each: a transaction over several would go on outside of itself where its connection is lost and made anew, as this
   * library has it. Settles within `DEADLINE_MS`; rejects with what the caller may read.
   */
  run<T>(statement: (sql: Sql) => Promise<T>): Promise<T>;
  /** Lets what runs finish; everything after it rejects. */
  close(): Promise<void>;
}

const CONNECTIONS = 4;
const STATEMENT_WITHIN_MS = 8_000;
/** Beyond what a connect, and beyond what a statement may take: then the server, or the way to it, says nothing at all. */
const DEADLINE_MS = 10_000;
const CLOSE_WITHIN_SECONDS = 5;

export function createPostgresPool(server: PostgresServer): PostgresPool {
  const connect = () =>
    connectPostgres(server, { connections: CONNECTIONS, statementWithinMs: STATEMENT_WITHIN_MS });
  let sql = connect();
  let closing: Promise<void> | undefined;
  return {
    async run(statement) {
      if (closing !== undefined) throw new PostgresStoreError("closed", "closed");
      const used = sql;
      const late = startDeadline(() => {
        // Its connections may hang for as long as the network lets them.
        if (sql === used && closing === undefined) sql = connect();
        void used.end({ timeout: 0 });
      });
      try {
        return await Promise.race([statement(used), late.promise]);
      } catch (error) {
        throw toStoreError(error);
      } finally {
        late.clear();
      }
    },
    close() {
      closing ??= sql.end({ timeout: CLOSE_WITHIN_SECONDS });
      return closing;
    },
  };
}

function startDeadline(onLate: () => void) {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new PostgresStoreError("the server does not answer", "no_answer"));
    onLate();
  }, DEADLINE_MS);
  return { promise, clear: () => clearTimeout(timer) };
}
