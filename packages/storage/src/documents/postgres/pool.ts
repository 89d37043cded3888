import type { Sql } from "postgres";
import { connectPostgres, type PostgresServer } from "./connection.ts";
import { isRefusal, PostgresStoreError, toStoreError } from "./errors.ts";
import { within } from "./within.ts";

/** Connections that are made when they are needed, and made anew when one was lost. */
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
/** More than a connect or a statement may take. */
const DEADLINE_MS = 10_000;
const CLOSE_WITHIN_SECONDS = 5;

export function createPostgresPool(server: PostgresServer): PostgresPool {
  const connect = () =>
    connectPostgres(server, { connections: CONNECTIONS, statementWithinMs: STATEMENT_WITHIN_MS });
  let sql = connect();
  let closing: Promise<void> | undefined;

  /** A connection that was lost may keep what it was about to send, and it is not known which one was. Others may hang. */
  function giveUp(used: Sql): void {
    if (sql !== used || closing !== undefined) return;
    sql = connect();
    void used.end({ timeout: 0 });
  }

  return {
    async run(statement) {
      if (closing !== undefined) throw new PostgresStoreError("closed", "closed");
      const used = sql;
      try {
        return await within(DEADLINE_MS, statement(used));
      } catch (error) {
        if (!isRefusal(error)) giveUp(used);
        throw toStoreError(error);
      }
    },
    close() {
      closing ??= sql.end({ timeout: CLOSE_WITHIN_SECONDS });
      return closing;
    },
  };
}
