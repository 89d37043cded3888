import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { PostgresStoreError } from "./errors.ts";

const SNAPSHOTS_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits until no transaction is open that began before this one: VACUUM FULL copies a deleted row for as long as any snapshot, of a replica
 * too, may still show it.
 */
export async function untilUnseen(sql: Sql): Promise<void> {
  const [now] = await sql<{ transaction: string }[]>`SELECT pg_current_xact_id()::text AS transaction`;
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
      SELECT EXISTS (SELECT FROM seen WHERE age(xmin) > age(${now?.transaction ?? null}::text::xid8::xid)) AS sees`;
    if (found?.sees === false) return;
    if (performance.now() > deadlineMs) {
      throw new PostgresStoreError("an open transaction still sees it", "transaction_open");
    }
    await sleep(LOOK_EVERY_MS);
  }
}
