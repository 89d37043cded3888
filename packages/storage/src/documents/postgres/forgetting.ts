import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { connectPostgres, type PostgresServer } from "./connection.ts";
import { PostgresStoreError, toStoreError } from "./errors.ts";
import type { PostgresPool } from "./pool.ts";
import { assertPurged, PURGE_RUNNING, type Purge, purgeDestroyed } from "./purge.ts";
import { within } from "./within.ts";

/** Makes what was destroyed unreadable for who has the server's files, in the background. */
export interface Forgetting {
  /** Something was destroyed. */
  soon(): void;
  /** Does first what is left to do, if that takes no longer than `CLOSE_WITHIN_MS`. */
  close(): Promise<void>;
}

/** Many are often destroyed at once. */
const SOON_MS = 1_000;
/** If it was hindered. */
const AGAIN_MS = 30_000;
/** Another process may have ended before it was done. */
const LOOK_EVERY_MS = 60_000;
const CLOSE_WITHIN_MS = 5_000;
const PURGE_WITHIN_MS = 120_000;
const STATEMENT_WITHIN_MS = 60_000;
/** Who reads waits behind who waits to rewrite. */
const LOCK_WITHIN_MS = 500;

export function createForgetting(server: PostgresServer, pool: PostgresPool, purgesWal: boolean): Forgetting {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWanted = false;
  let isClosed = false;
  let purge: Purge | undefined;

  function schedule(afterMs: number): void {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => {
      running = forget().then((isDone) => {
        running = undefined;
        schedule(isWanted ? SOON_MS : isDone ? LOOK_EVERY_MS : AGAIN_MS);
      });
    }, afterMs).unref();
  }

  async function forget(): Promise<boolean> {
    isWanted = false;
    const session = { connections: 1, statementWithinMs: STATEMENT_WITHIN_MS, lockWithinMs: LOCK_WITHIN_MS };
    let sql: Sql | undefined;
    try {
      if (!(await isPending(pool))) return true;
      sql = connectPostgres(server, session);
      purge = await within(PURGE_WITHIN_MS, purgeDestroyed(sql, purgesWal, purge));
      await within(PURGE_WITHIN_MS, assertPurged(sql, purge));
      await markForgotten(pool, purge);
      return true;
    } catch (error) {
      await markHindered(pool, toStoreError(error)).catch(() => undefined);
      return false;
    } finally {
      await sql?.end({ timeout: 0 });
    }
  }

  return {
    soon() {
      // Or what is destroyed all the time would put it off for as long.
      if (isWanted) return;
      isWanted = true;
      if (running === undefined) schedule(SOON_MS);
    },
    async close() {
      clearTimeout(timer);
      isClosed = true;
      const last = (running ?? Promise.resolve()).then(() => (isWanted ? forget() : true));
      await Promise.race([last, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

async function isPending(pool: PostgresPool): Promise<boolean> {
  const [state] = await pool.run(
    (sql) => sql<{ is_pending: boolean }[]>`
      SELECT forgotten_commits < destroying_commits OR is_rewriting AS is_pending FROM documents_state`,
  );
  return state?.is_pending === true;
}

async function markForgotten(pool: PostgresPool, { commits = "0" }: Purge): Promise<void> {
  await pool.run(
    (sql) => sql`
      UPDATE documents_state
      SET forgotten_commits = greatest(forgotten_commits, ${commits}::text::bigint), hindered_by = NULL`,
  );
}

/** For the operator to see. */
async function markHindered(pool: PostgresPool, error: Error): Promise<void> {
  if (error instanceof PostgresStoreError && error.code === PURGE_RUNNING) return;
  await pool.run((sql) => sql`UPDATE documents_state SET hindered_by = ${error.message}`);
}
