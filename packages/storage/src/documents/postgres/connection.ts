import { readFile } from "node:fs/promises";
import postgres, { type Sql } from "postgres";
import { type PostgresOptions, schemaOf } from "./options.ts";

/** Where and how to connect. */
export interface PostgresServer
  extends Readonly<Record<"host" | "database" | "user" | "password" | "schema", string>> {
  readonly port: number;
  readonly ssl: false | { readonly host: string; readonly ca?: string };
}

const CONNECT_WITHIN_SECONDS = 5;

/** Throws RangeError. */
export async function resolveServer(options: PostgresOptions): Promise<PostgresServer> {
  const { host, port, database, user, password, tls = false, caPath } = options;
  const schema = schemaOf(options);
  const ca = tls && caPath !== undefined ? await readFile(caPath, "utf8") : undefined;
  // The library names the host to TLS only if it is a name: a certificate for "localhost" would do for any address.
  const ssl = tls && { host, ...(ca !== undefined && { ca }) };
  return { host, port, database, user, password, schema, ssl };
}

export interface PostgresSession {
  readonly connections: number;
  readonly statementWithinMs: number;
  /** 0, as by default: as long as a statement may take. */
  readonly lockWithinMs?: number;
}

/** What a session must not take from the server's configuration, it sets. */
export function connectPostgres(
  { host, port, database, user, password, schema, ssl }: PostgresServer,
  { connections, statementWithinMs, lockWithinMs = 0 }: PostgresSession,
): Sql {
  /** What the library takes and its types do not have. */
  const untyped: object = {
    // It would take what stands before the first colon of an IPv6 address for its name.
    ...{ host: [host], port: [port] },
    // A statement would wait for one before it on its connection, though another connection is free.
    max_pipeline: 0,
  };
  return postgres({
    ...{ database, user, password, ssl },
    ...untyped,
    max: connections,
    connect_timeout: CONNECT_WITHIN_SECONDS,
    // Who asks again decides when: the library would wait up to 20 seconds before it tries.
    backoff: false,
    fetch_types: false,
    max_lifetime: null,
    onnotice: () => undefined,
    connection: {
      application_name: "dit",
      search_path: schema,
      statement_timeout: statementWithinMs,
      lock_timeout: lockWithinMs,
      default_transaction_isolation: "read committed",
      synchronous_commit: "on",
      bytea_output: "hex",
      // What a join has no room for in memory goes into a file: keys.
      work_mem: "64MB",
    },
  });
}
