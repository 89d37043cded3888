import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { RUN_DIT_MIGRATE } from "../../run-dit-migrate.ts";
import { PostgresStoreError } from "./errors.ts";

/** What was rewritten, and the first file of the write-ahead log that holds nothing older. */
export interface Purge {
  /** How many destroying commits there were. */
  readonly commits: string;
  /** Undefined where the log is left to the server. */
  readonly walFile: string | undefined;
}

const SNAPSHOTS_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 50;

/**
 * Rewrites the table of keys, so that its old file is gone with all that was deleted in it, and has the server end a file of its
 * write-ahead log and remove those before, where the keys stand too. Rejects with what hinders it. `earlier`, if nothing
 * was destroyed since, is not done again: who keeps the log, a replica for instance, would only get more of it to keep.
 */
export async function purgeDestroyed(sql: Sql, purgesWal: boolean, earlier?: Purge): Promise<Purge> {
  // No transaction before this one is a destroying one that has not committed.
  const [now] = await sql<{ commits: string; transaction: string }[]>`
    SELECT destroying_commits::text AS commits, pg_current_xact_id()::text AS transaction FROM documents_state`;
  if (now === undefined) throw new PostgresStoreError("its state is missing", RUN_DIT_MIGRATE);
  if (earlier?.commits === now.commits) {
    if (purgesWal) await sql`CHECKPOINT`;
    return earlier;
  }
  await untilUnseen(sql, now.transaction);
  await sql`VACUUM FULL document_keys`;
  if (!purgesWal) return { commits: now.commits, walFile: undefined };
  await sql`SELECT pg_switch_wal()`;
  await sql`CHECKPOINT`;
  const [redo] = await sql<{ file: string }[]>`SELECT redo_wal_file AS file FROM pg_control_checkpoint()`;
  return { commits: now.commits, walFile: redo?.file };
}

/** Rejects if the server still keeps what the purge was for. */
export async function assertPurged(sql: Sql, { walFile }: Purge): Promise<void> {
  if (walFile === undefined) return;
  const [older] = await sql<{ count: number }[]>`
    SELECT count(*)::integer AS count FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name < ${walFile}`;
  if (older?.count !== 0) {
    throw new PostgresStoreError(
      "a replica, a replication slot, an archive or wal_keep_size keeps older write-ahead log",
      "write_ahead_log_kept",
    );
  }
}

/** A row that was deleted is copied for as long as any snapshot, of a replica too, may still show it. */
async function untilUnseen(sql: Sql, transaction: string): Promise<void> {
  const deadlineMs = performance.now() + SNAPSHOTS_WITHIN_MS;
  for (;;) {
    const [found] = await sql<{ sees: boolean }[]>`
      WITH seen AS (
        SELECT backend_xmin AS xmin FROM pg_stat_activity
          WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)
        UNION ALL SELECT backend_xid FROM pg_stat_activity
          WHERE pid <> pg_backend_pid() AND datname = current_database()
        UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
        UNION ALL SELECT xmin FROM pg_replication_slots
      )
      SELECT EXISTS (SELECT FROM seen WHERE age(xmin) > age(${transaction}::text::xid8::xid)) AS sees`;
    if (found?.sees === false) return;
    if (performance.now() > deadlineMs) {
      throw new PostgresStoreError("an open transaction still sees it", "transaction_open");
    }
    await sleep(LOOK_EVERY_MS);
  }
}
