import {
  type Loot,
  lootOf,
  type OpenedDocument,
  open,
  openSecrets,
  readFiles,
  type SealedDocument,
} from "./attacker.ts";

const KEY_BYTES = 32;
/** Postgres writes before a value of so many bytes, if they are few, twice that and one more: its length with this byte. */
const KEY_HEADER = 2 * (KEY_BYTES + 1) + 1;
const MAX_SEALED_BYTES = 64 * 1_024;
const COLLECTIONS = /salts|account-keys|primary-keys/g;
const NAME = /^[\w/]+$/;
/** Of 32 random bytes, so many zeros are none. */
const MAX_ZEROS = 6;

/**
 * Reads the server's files as somebody who took the disk: tables, write-ahead log, statistics, its log. Every version of every document that lies
 * anywhere is tried with everything that looks like a key, wherever that lies.
 */
export async function plunderPostgres(o: {
  readonly directory: string;
  readonly environment: string;
  readonly keyEncryptionKey?: Uint8Array;
}): Promise<Loot> {
  const files = await readFiles(o.directory);
  const keys = [...new Map(files.flatMap(keysIn).map((key) => [key.toString("latin1"), key])).values()];
  const sealed = new Map(files.flatMap(sealedIn).map((each) => [each.sealed.toString("latin1"), each]));
  const documents: OpenedDocument[] = [...sealed.values()].flatMap((each) => open(each, keys));
  const others = o.keyEncryptionKey === undefined ? keys : [Buffer.from(o.keyEncryptionKey)];
  const secrets = documents.flatMap((document) => openSecrets(document, o.environment, others));
  // The salts are in the documents: what else the files hold is catalogs.
  return lootOf(documents, secrets, []);
}

function keysIn(file: Buffer): Buffer[] {
  const keys: Buffer[] = [];
  for (let at = file.indexOf(KEY_HEADER); at >= 0; at = file.indexOf(KEY_HEADER, at + 1)) {
    const key = file.subarray(at + 1, at + 1 + KEY_BYTES);
    if (key.length === KEY_BYTES && key.filter((byte) => byte === 0).length <= MAX_ZEROS) keys.push(key);
  }
  return keys;
}

/** Wherever a collection's name stands as a row of `documents` begins: key, version, number of the key that seals it, sealed bytes. */
function sealedIn(file: Buffer): SealedDocument[] {
  return [...file.toString("latin1").matchAll(COLLECTIONS)].flatMap(({ 0: collection, index }) => {
    const row = file.subarray(Math.max(0, index - 1), index + MAX_SEALED_BYTES);
    if (row[0] !== 2 * (collection.length + 1) + 1) return [];
    const name = shortValueAt(row, 1 + collection.length);
    if (!NAME.test(name.toString())) return [];
    const version = aligned(1 + collection.length + 1 + name.length, 4);
    const sealed = valueAt(row, aligned(version + 4, 8) + 8);
    const storeKey = Buffer.from(`${collection}\0${name.toString()}`);
    const versionBytes = Buffer.from(row.subarray(version, version + 4)).swap32();
    return [{ place: `${collection}/${name.toString()}`, storeKey, version: versionBytes, sealed }];
  });
}

function shortValueAt(row: Buffer, at: number): Buffer {
  const bytes = (row[at] ?? 0) >> 1;
  return row.subarray(at + 1, at + Math.max(1, bytes));
}

/** Longer ones have a length of four bytes, aligned, whose two lowest bits are 0. */
function valueAt(row: Buffer, at: number): Buffer {
  if ((row[at] ?? 0) % 2 === 1) return shortValueAt(row, at);
  const start = aligned(at, 4);
  return row.subarray(start + 4, start + (row.readUInt32LE(start) >>> 2));
}

function aligned(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}
