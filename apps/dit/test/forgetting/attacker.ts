import { createDecipheriv, createHmac } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { framed, LABELS, utf8 } from "@dit/crypto-core";

/** A document that could be read. */
export interface OpenedDocument {
  /** Collection and key. */
  readonly place: string;
  readonly version: number;
  readonly value: unknown;
}

/** A secret within a document that could be opened. */
export interface OpenedSecret {
  readonly place: string;
  readonly secret: Buffer;
}

/** All that is to be had from the files of a data directory. */
export interface Loot {
  readonly documents: readonly OpenedDocument[];
  readonly secrets: readonly OpenedSecret[];
  /** All that might be a salt: every 32 bytes of the files, of what could be opened in them, and of what is base64 there. */
  candidates(): Iterable<Buffer>;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of 32 random bytes, so many zeros are none. */
const MAX_ZEROS = 6;
/** LMDB: size of the data (u32, as two u16), flags, size of the key, then key and data. */
const NODE_HEADER_BYTES = 8;
/** 32 bytes or more, in either alphabet. */
const BASE64_OF_KEYS = /[\w+/-]{43,}/g;
const MAX_VALUE_BYTES = 64 * 1_024;
const COLLECTIONS = /(?:salts|account-keys|primary-keys)\0[\w/]+/g;

/**
 * Reads the files as somebody who took the disk: every version of every document that still lies in the pages, live or free, is tried
 * with every key that might be one. `keyEncryptionKey`: what the deployment keeps elsewhere.
 */
export async function plunder(o: {
  readonly directory: string;
  readonly environment: string;
  readonly keyEncryptionKey?: Uint8Array;
  /** Look for salts in all stores' files, not only in those of the documents. Millions of bytes more. */
  readonly inEveryFile?: boolean;
}): Promise<Loot> {
  const path = join(o.directory, "documents");
  const files = await readFiles(path);
  const windows = files.flatMap((file) => [...windowsOf(file)]);
  const slots = [...windowsOf(await readFile(join(path, "keys")))];
  const documents = sealedIn(await readFile(join(path, "data.mdb"))).flatMap((sealed) => open(sealed, slots));
  const keys = o.keyEncryptionKey === undefined ? windows : [Buffer.from(o.keyEncryptionKey)];
  const secrets = documents.flatMap((document) => openSecrets(document, o.environment, keys));
  const searched = o.inEveryFile === true ? await readFiles(o.directory) : files;
  return lootOf(documents, secrets, searched);
}

export function lootOf(
  documents: readonly OpenedDocument[],
  secrets: readonly OpenedSecret[],
  files: readonly Buffer[],
): Loot {
  const opened = documents.map(({ value }) => Buffer.from(JSON.stringify(value)));
  return {
    documents,
    secrets,
    *candidates() {
      for (const bytes of [...files, ...opened]) {
        yield* windowsOf(bytes);
        for (const [text] of bytes.toString("latin1").matchAll(BASE64_OF_KEYS)) {
          yield* windowsOf(Buffer.from(text, "base64"));
        }
      }
      for (const { secret } of secrets) yield secret;
    },
  };
}

export async function readFiles(path: string): Promise<Buffer[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
}

/** How many of the stored pseudonyms some candidate turns the clients' pseudonyms into. */
export function recompute(
  candidates: Iterable<Buffer>,
  pseudonyms: readonly Uint8Array[],
  pids: ReadonlySet<string>,
): number {
  const [known = new Uint8Array()] = pseudonyms;
  const found = new Set<string>();
  for (const candidate of candidates) {
    if (!pids.has(pidOf(candidate, known))) continue;
    for (const pseudonym of pseudonyms) found.add(pidOf(candidate, pseudonym));
  }
  return [...found].filter((pid) => pids.has(pid)).length;
}

/** As the sink does it, written anew. */
function pidOf(salt: Buffer, pseudonym: Uint8Array): string {
  return createHmac("sha256", salt).update(pseudonym).digest("hex").slice(0, 32);
}

function* windowsOf(bytes: Buffer): Generator<Buffer> {
  let zeros = 0;
  for (let end = 1; end <= bytes.length; end += 1) {
    if (bytes[end - 1] === 0) zeros += 1;
    if (end > KEY_BYTES && bytes[end - KEY_BYTES - 1] === 0) zeros -= 1;
    if (end >= KEY_BYTES && zeros <= MAX_ZEROS) yield bytes.subarray(end - KEY_BYTES, end);
  }
}

/** A document as it lies in a store, under a key of its own. */
export interface SealedDocument {
  readonly place: string;
  readonly storeKey: Buffer;
  readonly version: Buffer;
  readonly sealed: Buffer;
}

/** Wherever a document's key stands as LMDB writes a node: its value follows. */
function sealedIn(data: Buffer): SealedDocument[] {
  return [...data.toString("latin1").matchAll(COLLECTIONS)].flatMap(({ index: at }) => {
    const header = at - NODE_HEADER_BYTES;
    if (header < 0) return [];
    const valueBytes = data.readUInt16LE(header) | (data.readUInt16LE(header + 2) << 16);
    const keyBytes = data.readUInt16LE(header + 6);
    const value = data.subarray(at + keyBytes, at + keyBytes + valueBytes);
    if (valueBytes > MAX_VALUE_BYTES || value.length < 8 + TAG_BYTES) return [];
    const storeKey = data.subarray(at, at + keyBytes);
    return [
      {
        place: storeKey.toString().replace("\0", "/"),
        storeKey,
        version: value.subarray(4, 8),
        sealed: value.subarray(8),
      },
    ];
  });
}

export function open(
  { place, storeKey, version, sealed }: SealedDocument,
  keys: readonly Buffer[],
): OpenedDocument[] {
  const context = Buffer.concat([version, storeKey]);
  for (const key of keys) {
    const plain = decrypt(key, Buffer.alloc(NONCE_BYTES), context, sealed);
    if (plain !== undefined) {
      return [{ place, version: version.readUInt32BE(), value: JSON.parse(plain.toString()) as unknown }];
    }
  }
  return [];
}

export function openSecrets(
  { place, value }: OpenedDocument,
  environment: string,
  keys: readonly Buffer[],
): OpenedSecret[] {
  return sealedValues(place, value, environment).flatMap(({ name, context, sealed }) => {
    const additional = Buffer.from(framed(utf8(LABELS.seal), sealed.subarray(0, 1), utf8(context)));
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    for (const key of keys) {
      const secret = decrypt(key, nonce, additional, sealed.subarray(1 + NONCE_BYTES));
      if (secret !== undefined) return [{ place: name, secret }];
    }
    return [];
  });
}

interface SealedValue {
  readonly name: string;
  readonly context: string;
  readonly sealed: Buffer;
}

/** What the services seal in their documents, and in which context. */
function sealedValues(place: string, value: unknown, environment: string): SealedValue[] {
  const [collection = "", useCase = "", number = ""] = place.split("/");
  const text = (sealed: unknown) => Buffer.from(typeof sealed === "string" ? sealed : "", "base64url");
  const document = value as Readonly<Record<string, unknown>>;
  if (collection === "salts") {
    return [{ name: place, context: `sink-salt/${useCase}/${number}`, sealed: text(document.sealed) }];
  }
  if (collection === "account-keys") {
    const context = `acs account-key ${environment} ${useCase} ${number}`;
    return [{ name: place, context, sealed: text(document.sealedKey) }];
  }
  const keys = (document.keys ?? []) as readonly {
    readonly keyVersion: number;
    readonly sealedSecret: string;
  }[];
  return keys.map(({ keyVersion, sealedSecret }) => ({
    name: `${place}/${keyVersion}`,
    context: `acs primary-key ${environment} ${useCase} ${keyVersion}`,
    sealed: text(sealedSecret),
  }));
}

function decrypt(key: Buffer, nonce: Buffer, additional: Buffer, sealed: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(additional);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
