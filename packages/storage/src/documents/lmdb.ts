import { openLmdbEnvironment, type Table } from "../lmdb/environment.ts";
import {
  type AuditEntry,
  type AuditRecord,
  type Document,
  type DocumentChange,
  type Documents,
  type Json,
  VersionConflictError,
} from "./documents.ts";

export interface LmdbDocumentsOptions {
  /** A directory of its own. */
  readonly path: string;
}

/** LMDB's own bound on a key, with 4 kB pages. */
const MAX_KEY_BYTES = 1_978;

/** Documents in one LMDB directory. A document's key is collection, 0 byte, key; an audit record's its sequence (u64, big-endian). */
export async function openLmdbDocuments({ path }: LmdbDocumentsOptions): Promise<Documents> {
  const environment = await openLmdbEnvironment("documents", path, ["documents", "audit"]);
  const { documents, audit } = environment.tables;
  return {
    async get<T extends Json>(collection: string, key: string) {
      const storeKey = documentKey(collection, key);
      const stored = await environment.read(() => readDocument(documents, storeKey));
      return stored === undefined ? undefined : { key, version: stored.version, value: stored.value as T };
    },
    async list<T extends Json>(collection: string) {
      return environment.read(() => listDocuments<T>(documents, collection));
    },
    async commit({ changes, audit: entries = [] }) {
      const keyed = changes.map((change) => ({
        ...change,
        storeKey: documentKey(change.collection, change.key),
      }));
      const repeated = findRepeated(keyed);
      if (repeated !== undefined) throw new VersionConflictError(repeated.collection, repeated.key);
      const conflict = await environment.write(() => {
        const stale = keyed.find(
          (change) => (readDocument(documents, change.storeKey)?.version ?? 0) !== change.expectedVersion,
        );
        if (stale !== undefined) return stale;
        for (const change of keyed) applyChange(documents, change);
        appendAudit(audit, entries);
        return undefined;
      });
      if (conflict !== undefined) throw new VersionConflictError(conflict.collection, conflict.key);
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
    close: environment.close,
  };
}

interface StoredDocument {
  readonly version: number;
  readonly value: Json;
}

function readDocument(table: Table, storeKey: Buffer): StoredDocument | undefined {
  const bytes = table.get(storeKey);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as StoredDocument);
}

function listDocuments<T extends Json>(table: Table, collection: string): Document<T>[] {
  const start = documentKey(collection, "");
  const end = Buffer.from(start);
  end[end.length - 1] = 1;
  return [...table.getRange({ start, end })].map(({ key, value }) => {
    const stored = JSON.parse(value.toString()) as StoredDocument;
    return { key: key.subarray(start.length).toString(), version: stored.version, value: stored.value as T };
  });
}

function applyChange(table: Table, change: DocumentChange & { storeKey: Buffer }): void {
  if (change.value === undefined) {
    table.removeSync(change.storeKey);
    return;
  }
  const stored: StoredDocument = { version: change.expectedVersion + 1, value: change.value };
  table.putSync(change.storeKey, Buffer.from(JSON.stringify(stored)));
}

/** The second change of one document is never at its expected version: both were made for the version before. */
function findRepeated<Change extends { storeKey: Buffer }>(changes: readonly Change[]): Change | undefined {
  const seen = new Set<string>();
  return changes.find(({ storeKey }) => seen.size === seen.add(storeKey.toString()).size);
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

function documentKey(collection: string, key: string): Buffer {
  if (collection.includes("\0")) throw new RangeError("documents: a collection's name has no 0 byte");
  const storeKey = Buffer.from(`${collection}\0${key}`);
  if (storeKey.length > MAX_KEY_BYTES) {
    throw new RangeError(`documents: collection and key are longer than ${MAX_KEY_BYTES - 1} bytes`);
  }
  return storeKey;
}

function sequenceKey(sequence: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(sequence));
  return key;
}

function readSequence(key: Buffer): number {
  return Number(key.readBigUInt64BE());
}
