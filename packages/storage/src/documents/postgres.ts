import { documentKey } from "./document-key.ts";
import {
  type AuditEntry,
  type AuditRecord,
  type Documents,
  type Json,
  VersionConflictError,
} from "./documents.ts";
import { findRepeated } from "./find-repeated.ts";
import { assertForgets } from "./postgres/assert-forgets.ts";
import { assertVersion } from "./postgres/assert-version.ts";
import { resolveServer } from "./postgres/connection.ts";
import { PostgresStoreError } from "./postgres/errors.ts";
import { createForgetting } from "./postgres/forgetting.ts";
import type { PostgresOptions } from "./postgres/options.ts";
import { createPostgresPool } from "./postgres/pool.ts";
import { openRows, type SealedRow, sealChange } from "./postgres/sealed-row.ts";

export { migratePostgresDocuments } from "./postgres/migrate.ts";

export type PostgresDocumentsOptions = PostgresOptions;

/** Documents in a schema that `migratePostgresDocuments` has made. Rejects, as every method does, where that is missing. */
export async function openPostgresDocuments(options: PostgresDocumentsOptions): Promise<Documents> {
  const server = await resolveServer(options);
  const pool = createPostgresPool(server);
  const forgetting = createForgetting(server, pool, options.purgeWal ?? true);
  let closing: Promise<void> | undefined;
  const store: Documents = {
    async get<T extends Json>(collection: string, key: string) {
      storeKeyOf(collection, key);
      const rows = await pool.run(
        (sql) => sql<SealedRow[]>`
          SELECT d.key, d.version, d.sealed, k.key AS sealing_key
          FROM documents d JOIN document_keys k ON k.id = d.key_id
          WHERE d.collection = ${collection} AND d.key = ${key}`,
      );
      const [found] = openRows<T>(collection, rows);
      return found && { ...found, key };
    },
    async list<T extends Json>(collection: string) {
      storeKeyOf(collection, "");
      const rows = await pool.run(
        (sql) => sql<SealedRow[]>`
          SELECT d.key, d.version, d.sealed, k.key AS sealing_key
          FROM documents d JOIN document_keys k ON k.id = d.key_id
          WHERE d.collection = ${collection}`,
      );
      return openRows<T>(collection, rows);
    },
    async commit({ changes, audit = [] }) {
      const keyed = changes.map((change) => ({
        ...change,
        storeKey: storeKeyOf(change.collection, change.key),
      }));
      const repeated = findRepeated(keyed);
      if (repeated !== undefined) throw new VersionConflictError(repeated.collection, repeated.key);
      const sealed = JSON.stringify(keyed.map(sealChange));
      const entries = JSON.stringify(audit.map(writeEntry));
      const [made] = await pool.run(
        (sql) => sql<{ stale: number | null }[]>`
          SELECT commit_documents(${sealed}::text::json, ${entries}::text::json) AS stale`,
      );
      const stale = changes[made?.stale ?? -1];
      if (stale !== undefined) throw new VersionConflictError(stale.collection, stale.key);
      if (changes.some(({ expectedVersion }) => expectedVersion > 0)) forgetting.soon();
    },
    async readAudit(afterSequence, maxEntries) {
      const rows = await pool.run(
        (sql) => sql<{ sequence: string; entry: string }[]>`
          SELECT sequence, entry FROM audit WHERE sequence > ${afterSequence} ORDER BY sequence LIMIT ${maxEntries}`,
      );
      return rows.map(({ sequence, entry }): AuditRecord => {
        return { sequence: Number(sequence), ...(JSON.parse(entry) as AuditEntry) };
      });
    },
    async check() {
      const [found] = await pool.run(
        (sql) => sql<{ version: number; is_read_only: boolean }[]>`
          SELECT version, current_setting('transaction_read_only')::boolean AS is_read_only FROM schema_version`,
      );
      assertVersion(found?.version);
      if (found?.is_read_only) throw new PostgresStoreError("the server takes no writes", "SQLSTATE_25006");
    },
    close() {
      closing ??= forgetting.close().then(() => pool.close());
      return closing;
    },
  };
  try {
    await store.check();
    await pool.run((sql) => assertForgets(sql, options));
    forgetting.soon();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Field by field: what else the caller's object holds is not stored. */
function writeEntry({ atSeconds, actor, action, subject, detail }: AuditEntry): string {
  return JSON.stringify({ atSeconds, actor, action, subject, detail });
}

function storeKeyOf(collection: string, key: string): Buffer {
  if (key.includes("\0")) throw new RangeError("documents (postgres): a key has no 0 byte");
  return documentKey(collection, key);
}
