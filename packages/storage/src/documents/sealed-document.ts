import { NONCE_BYTES, seal, unseal } from "../keys/sealing.ts";
import type { Json } from "./documents.ts";

/** What a sealed document belongs to; it opens nowhere else. */
export interface DocumentVersion {
  readonly storeKey: Buffer;
  readonly version: number;
}

/** A key seals one version of one document and nothing else, so that its nonce may be the same for all. */
const ONLY_NONCE = Buffer.alloc(NONCE_BYTES);

/** In pieces. */
export function sealDocument(key: Buffer, place: DocumentVersion, value: Json): Buffer[] {
  return seal(Buffer.from(JSON.stringify(value)), { key, nonce: ONLY_NONCE, context: contextOf(place) });
}

/** Throws if `key` is not its key. */
export function openDocument(key: Buffer, place: DocumentVersion, sealed: Buffer): Json {
  const opened = unseal(sealed, { key, nonce: ONLY_NONCE, context: contextOf(place) });
  return JSON.parse(opened.toString()) as Json;
}

function contextOf({ storeKey, version }: DocumentVersion): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(version);
  return Buffer.concat([header, storeKey]);
}
