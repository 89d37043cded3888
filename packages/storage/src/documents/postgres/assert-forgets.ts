import type { Sql } from "postgres";
import { PostgresStoreError } from "./errors.ts";
import type { PostgresOptions } from "./options.ts";

interface Ability {
  readonly recycles: boolean;
  readonly switches: boolean;
  readonly checkpoints: boolean;
  readonly monitors: boolean;
}

/** Rejects, and says what is missing, unless the server lets this user purge what is destroyed. */
export async function assertForgets(sql: Sql, { user, purgeWal = true }: PostgresOptions): Promise<void> {
  if (!purgeWal) return;
  const [ability] = await sql<Ability[]>`
    SELECT
      current_setting('wal_recycle')::boolean AS recycles,
      has_function_privilege('pg_switch_wal()', 'EXECUTE') AS switches,
      EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'USAGE')) AS checkpoints,
      EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_monitor' AND pg_has_role(oid, 'USAGE')) AS monitors`;
  const missing = [
    ...(ability?.recycles === false ? [] : ["wal_recycle = off in the server's configuration"]),
    ...(ability?.switches ? [] : [`GRANT EXECUTE ON FUNCTION pg_switch_wal() TO ${user}`]),
    ...(ability?.checkpoints ? [] : [`GRANT pg_checkpoint TO ${user} (Postgres 15 or newer)`]),
    ...(ability?.monitors ? [] : [`GRANT pg_monitor TO ${user}`]),
  ];
  if (missing.length === 0) return;
  throw new PostgresStoreError(
    `what is destroyed would stay in the server's write-ahead log (docs/OPERATIONS.md); it needs: ${missing.join("; ")}`,
    "write_ahead_log_kept",
  );
}
