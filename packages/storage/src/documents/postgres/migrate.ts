import type { Sql } from "postgres";
import { assertForgets } from "./assert-forgets.ts";
import { assertVersion } from "./assert-version.ts";
import { connectPostgres, resolveServer } from "./connection.ts";
import { PostgresStoreError, toStoreError } from "./errors.ts";
import type { PostgresOptions } from "./options.ts";
import { MIGRATIONS } from "./schema.ts";
import { within } from "./within.ts";

const STATEMENT_WITHIN_MS = 60_000;
const MIGRATE_WITHIN_MS = 90_000;
const CLOSE_WITHIN_SECONDS = 5;

/**
 * Makes the schema, or brings it to this release's version. May run again, and several at once: they wait for one another. The
 * services' user must be the one that runs it, since only a table's owner may rewrite it.
 */
export async function migratePostgresDocuments(options: PostgresOptions): Promise<void> {
  const server = await resolveServer(options);
  const sql = connectPostgres(server, { connections: 1, statementWithinMs: STATEMENT_WITHIN_MS });
  try {
    await within(MIGRATE_WITHIN_MS, migrate(sql, server.schema, options));
  } catch (error) {
    throw toStoreError(error);
  } finally {
    await sql.end({ timeout: CLOSE_WITHIN_SECONDS });
  }
}

async function migrate(sql: Sql, schema: string, options: PostgresOptions): Promise<void> {
  const [database] = await sql<{ encoding: string }[]>`
    SELECT current_setting('server_encoding') AS encoding`;
  if (database?.encoding !== "UTF8") {
    throw new PostgresStoreError("the database must have the encoding UTF8", "encoding_not_utf8");
  }
  await assertForgets(sql, options);
  // Statements that are sent as one are one transaction.
  await sql.unsafe(migration(schema)).simple();
  const [found] = await sql<{ version: number }[]>`SELECT version FROM schema_version`;
  assertVersion(found?.version);
}

function migration(schema: string): string {
  const steps = MIGRATIONS.map(
    (statements, before) => `
      IF (SELECT version FROM schema_version) = ${before} THEN
        ${statements}
        UPDATE schema_version SET version = ${before + 1};
      END IF;`,
  );
  return `
    SELECT pg_advisory_xact_lock(hashtextextended('dit migrate ${schema}', 0));
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL);
    INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT FROM schema_version);
    DO $migration$ BEGIN ${steps.join("")} END $migration$;`;
}
