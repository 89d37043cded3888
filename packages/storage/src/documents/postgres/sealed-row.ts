import { randomBytes } from "node:crypto";
import { documentKey } from "../document-key.ts";
import type { Document, DocumentChange, Json } from "../documents.ts";
import { openDocument, sealDocument } from "../sealed-document.ts";

/** A document as it is read, with what seals it. */
export interface SealedRow {
  readonly key: string;
  readonly version: number;
  readonly sealed: Buffer;
  readonly sealing_key: Buffer;
}

export const KEY_BYTES = 32;

/** In the order of their keys' bytes: the server would sort through a file, with the keys that seal them in it. */
export function openRows<T extends Json>(collection: string, rows: readonly SealedRow[]): Document<T>[] {
  const placed = rows.map((row) => ({ row, storeKey: documentKey(collection, row.key) }));
  placed.sort((left, right) => left.storeKey.compare(right.storeKey));
  return placed.map(({ row: { key, version, sealed, sealing_key }, storeKey }) => {
    return { key, version, value: openDocument(sealing_key, { storeKey, version }, sealed) as T };
  });
}

/** What `commit_documents` takes. */
export function sealChange(
  { collection, key, expectedVersion, value, storeKey }: DocumentChange & { storeKey: Buffer },
  position: number,
) {
  // As UTF-8 has them.
  const names = { collection: collection.toWellFormed(), key: key.toWellFormed() };
  const place = { position, ...names, expected: expectedVersion };
  if (value === undefined) return place;
  const sealingKey = randomBytes(KEY_BYTES);
  const sealed = sealDocument(sealingKey, { storeKey, version: expectedVersion + 1 }, value);
  return { ...place, sealing_key: toBytea(sealingKey), sealed: toBytea(Buffer.concat(sealed)) };
}

export function toBytea(bytes: Buffer): string {
  return `\\x${bytes.toString("hex")}`;
}
