import { concat } from "./bytes.ts";
import { CryptoError } from "./errors.ts";

const MAX_PART_BYTES = 0xffff;

const encoder = new TextEncoder();

/**
 * For each part its length as two bytes, big-endian, then the part. Prefix-free, so that no two lists of parts share an
 * encoding; ["ab", "c"] and ["a", "bc"] would otherwise share a key. Throws CryptoError("length") over 65535 bytes.
 */
export function framed(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    if (part.length > MAX_PART_BYTES) throw new CryptoError("length");
    pieces.push(Uint8Array.of(part.length >> 8, part.length & 0xff), part);
  }
  return concat(...pieces);
}

/**
 * UTF-8 bytes, with no normalisation. A lone surrogate throws CryptoError("text"): TextEncoder would write U+FFFD for
 * every one of them, and different texts would share an encoding.
 */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  if (/\p{Surrogate}/u.test(text)) throw new CryptoError("text");
  return encoder.encode(text);
}

/** Eight bytes, big-endian. Throws CryptoError("range") unless `n` is a safe integer of at least 0. */
export function uint64(n: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(n) || n < 0) throw new CryptoError("range");
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(n));
  return bytes;
}
