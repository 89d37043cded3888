import type { Sql } from "postgres";
import { isRefusal, PostgresStoreError } from "./errors.ts";
import { resealAll } from "./reseal.ts";
import { untilUnseen } from "./until-unseen.ts";

/** What was rewritten, and the first file of the write-ahead log that holds nothing older. */
export interface Purge {
  /** How many destroying commits there were. */
  readonly commits: string | undefined;
  /** Undefined where the log is left to the server. */
  readonly walFile: string | undefined;
}

export const PURGE_RUNNING = "purge_running";

/**
 * Rewrites the table of keys, so that its old file is gone with all that was deleted in it, and has the server end a file of its
 * write-ahead log and remove those before, where the keys stand too. Rejects with what hinders it. `earlier`, if nothing
 * was destroyed since, is not done again: who keeps the log, a replica for instance, would only get more of it to keep.
 */
export async function purgeDestroyed(sql: Sql, purgesWal: boolean, earlier?: Purge): Promise<Purge> {
  await lockPurge(sql);
  const before = await readState(sql);
  if (before?.is_rewriting === true) await replaceAll(sql);
  else if (earlier !== undefined && earlier.commits === before?.commits) {
    if (purgesWal) await sql`CHECKPOINT`;
    return earlier;
  }
  // What is destroyed from here on counts for the next time.
  const commits = (await readState(sql))?.commits;
  await untilUnseen(sql);
  await rewriteKeys(sql);
  return { commits, walFile: purgesWal ? await endWal(sql) : undefined };
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

/** Until the connection is closed. */
async function lockPurge(sql: Sql): Promise<void> {
  const [lock] = await sql<{ is_ours: boolean }[]>`
    SELECT pg_try_advisory_lock(hashtextextended('dit purge ' || current_schema(), 0)) AS is_ours`;
  if (lock?.is_ours !== true) throw new PostgresStoreError("another process is purging", PURGE_RUNNING);
}

async function readState(sql: Sql): Promise<{ commits: string; is_rewriting: boolean } | undefined> {
  const [state] = await sql<{ commits: string; is_rewriting: boolean }[]>`
    SELECT destroying_commits::text AS commits, is_rewriting FROM documents_state`;
  return state;
}

/**
 * A server that crashes while it rewrites a table leaves what it has written in a file that is no table's and that it never removes. The
 * keys in it open nothing any more once every document is sealed under another one, and the table in which they lay sealed is rewritten.
 */
async function replaceAll(sql: Sql): Promise<void> {
  await resealAll(sql);
  await untilUnseen(sql);
  await sql`VACUUM FULL documents`;
}

async function rewriteKeys(sql: Sql): Promise<void> {
  await sql`UPDATE documents_state SET is_rewriting = true`;
  try {
    await sql`VACUUM FULL document_keys`;
  } catch (error) {
    // It has cleaned up, then. Whoever loses the connection does not know.
    if (isRefusal(error)) await sql`UPDATE documents_state SET is_rewriting = false`;
    throw error;
  }
  await sql`UPDATE documents_state SET is_rewriting = false`;
}

/** Gives the first file of the write-ahead log that is needed yet. */
async function endWal(sql: Sql): Promise<string | undefined> {
  await sql`SELECT pg_switch_wal()`;
  await sql`CHECKPOINT`;
  const [redo] = await sql<{ file: string }[]>`SELECT redo_wal_file AS file FROM pg_control_checkpoint()`;
  return redo?.file;
}
