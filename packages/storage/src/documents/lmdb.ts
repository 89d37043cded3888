import { readSealed } from "../keys/sealing.ts";
import { openLmdbEnvironment, type Table } from "../lmdb/environment.ts";
import { documentKey } from "./document-key.ts";
import { DocumentTable } from "./document-table.ts";
import {
  type AuditEntry,
  type AuditRecord,
  type Document,
  type DocumentChange,
  type Documents,
  type Json,
  VersionConflictError,
} from "./documents.ts";
import { findRepeated } from "./find-repeated.ts";

export interface LmdbDocumentsOptions {
  /** A directory of its own. */
  readonly path: string;
}

/**
 * Documents in one LMDB directory. A document's key is collection, 0 byte, key; an audit record's its sequence
 * (u64, big-endian). What a commit deletes or replaces can be read by nobody once it has resolved, not even
 * from the files; audit records stay for good.
 */
export async function openLmdbDocuments({ path }: LmdbDocumentsOptions): Promise<Documents> {
  const environment = await openLmdbEnvironment("documents", path, ["documents", "audit"]);
  const { audit } = environment.tables;
  const documents = new DocumentTable(environment.tables.documents, path);
  let closing: Promise<void> | undefined;

  // A process that was killed may have come no further than its commit.
  await environment.writeAlone(() => documents.shred());
  return {
    async get<T extends Json>(collection: string, key: string) {
      const storeKey = documentKey(collection, key);
      const stored = await readSealed(environment, () => documents.get(storeKey));
      return stored === undefined ? undefined : { key, version: stored.version, value: stored.value as T };
    },
    async list<T extends Json>(collection: string) {
      const start = documentKey(collection, "");
      const end = Buffer.concat([start.subarray(0, -1), Buffer.of(1)]);
      const stored = await readSealed(environment, () => documents.list(start, end));
      return stored.map(({ storeKey, version, value }): Document<T> => {
        return { key: storeKey.subarray(start.length).toString(), version, value: value as T };
      });
    },
    async commit({ changes, audit: entries = [] }) {
      const keyed = changes.map((change) => ({
        ...change,
        storeKey: documentKey(change.collection, change.key),
      }));
      const conflict =
        findRepeated(keyed) ??
        (await environment.write(() => {
          const stale = keyed.find(
            ({ storeKey, expectedVersion }) => documents.version(storeKey) !== expectedVersion,
          );
          if (stale === undefined) {
            applyChanges(documents, keyed);
            appendAudit(audit, entries);
          }
          return stale;
        }));
      if (conflict !== undefined) throw new VersionConflictError(conflict.collection, conflict.key);
      const leavesRemains = keyed.some(({ expectedVersion }) => expectedVersion > 0);
      if (leavesRemains) await environment.writeAlone(() => documents.shred());
    },
    async readAudit(afterSequence, maxEntries) {
      const start = sequenceKey(afterSequence + 1);
      return environment.read(() =>
        [...audit.getRange({ start, limit: maxEntries })].map(({ key, value }): AuditRecord => {
          return { sequence: readSequence(key), ...(JSON.parse(value.toString()) as AuditEntry) };
        }),
      );
    },
    check: environment.check,
    close() {
      closing ??= environment.close().then(() => documents.close());
      return closing;
    },
  };
}

function applyChanges(
  documents: DocumentTable,
  changes: readonly (DocumentChange & { storeKey: Buffer })[],
): void {
  for (const { storeKey, expectedVersion, value } of changes) {
    if (value === undefined) documents.remove(storeKey);
    else documents.put(storeKey, expectedVersion + 1, value);
  }
  documents.flush();
}

function appendAudit(table: Table, entries: readonly AuditEntry[]): void {
  const [last] = [...table.getKeys({ reverse: true, limit: 1 })];
  let sequence = last === undefined ? 0 : readSequence(last);
  for (const { atSeconds, actor, action, subject, detail } of entries) {
    sequence += 1;
    const value = Buffer.from(JSON.stringify({ atSeconds, actor, action, subject, detail }));
    table.putSync(sequenceKey(sequence), value);
  }
}

function sequenceKey(sequence: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(sequence));
  return key;
}

function readSequence(key: Buffer): number {
  return Number(key.readBigUInt64BE());
}
