import { createLocalPostgres, type LocalPostgres } from "@dit/local";
import postgres, { type Sql } from "postgres";
import { makeTemporaryDirectory } from "../src/contract/temporary-directory.ts";
import type { PostgresOptions } from "../src/documents/postgres/options.ts";
import { migratePostgresDocuments } from "../src/documents/postgres.ts";

/** A real server for tests, each of which has a schema of its own. */
export interface RunningPostgres {
  readonly engine: LocalPostgres;
  /** As the services' user. */
  readonly sql: Sql;
  /** Of a new schema, which is migrated. */
  newSchema(): Promise<SchemaOptions>;
  stop(): Promise<void>;
}

export type SchemaOptions = Omit<PostgresOptions, "tls" | "purgeWal"> & { readonly schema: string };

export async function runPostgres(settings?: Readonly<Record<string, string>>): Promise<RunningPostgres> {
  const directory = await makeTemporaryDirectory();
  const engine = await createLocalPostgres({ directory: directory.path, ...(settings && { settings }) });
  await engine.start();
  const sql = postgres(engine.url, { onnotice: () => undefined, backoff: false });
  let schemas = 0;
  return {
    engine,
    sql,
    async newSchema() {
      schemas += 1;
      const options = optionsOf(engine, `schema_${schemas}`);
      await migratePostgresDocuments(options);
      return options;
    },
    async stop() {
      await sql.end({ timeout: 1 });
      await engine.stop();
      await directory.remove();
    },
  };
}

export function optionsOf(engine: LocalPostgres, schema: string): SchemaOptions {
  const { hostname, port, username, password, pathname } = new URL(engine.url);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    schema,
  };
}
