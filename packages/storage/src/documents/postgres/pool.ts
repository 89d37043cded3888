import postgres, { type Sql } from "postgres";
import { PostgresStoreError, toStoreError } from "./errors.ts";
import { type PostgresOptions, schemaOf } from "./options.ts";

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
const CONNECT_WITHIN_SECONDS = 5;
const STATEMENT_WITHIN_MS = 8_000;
/** Beyond what a connect, and beyond what a statement may take: then the server, or the way to it, says nothing at all. */
const DEADLINE_MS = 10_000;
/** On a connection, as its types do not have it: a statement would wait for the one before it, though another connection is free. */
const ONE_STATEMENT_AT_A_TIME = { max_pipeline: 0 };
const CLOSE_WITHIN_SECONDS = 5;

export function createPostgresPool(options: PostgresOptions): PostgresPool {
  const connect = () =>
    connectPostgres(options, { connections: CONNECTIONS, statementWithinMs: STATEMENT_WITHIN_MS });
  let sql = connect();
  let closing: Promise<void> | undefined;
  return {
    async run(statement) {
      if (closing !== undefined) throw new PostgresStoreError("closed");
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

export interface PostgresSession {
  readonly connections: number;
  readonly statementWithinMs: number;
  /** 0, as by default: as long as a statement may take. */
  readonly lockWithinMs?: number;
}

/** What a session must not take from the server's configuration, it sets. */
export function connectPostgres(
  options: PostgresOptions,
  { connections, statementWithinMs, lockWithinMs = 0 }: PostgresSession,
): Sql {
  const { host, port, database, user, password, tls = false } = options;
  return postgres({
    ...{ host, port, database, user, password },
    ssl: tls ? "verify-full" : false,
    ...ONE_STATEMENT_AT_A_TIME,
    max: connections,
    connect_timeout: CONNECT_WITHIN_SECONDS,
    // Who asks again decides when: the library would wait up to 20 seconds before it tries.
    backoff: false,
    fetch_types: false,
    onnotice: () => undefined,
    connection: {
      application_name: "dit",
      search_path: schemaOf(options),
      statement_timeout: statementWithinMs,
      lock_timeout: lockWithinMs,
      default_transaction_isolation: "read committed",
      synchronous_commit: "on",
      bytea_output: "hex",
    },
  });
}

function startDeadline(onLate: () => void) {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new PostgresStoreError("the server does not answer"));
    onLate();
  }, DEADLINE_MS);
  return { promise, clear: () => clearTimeout(timer) };
}
