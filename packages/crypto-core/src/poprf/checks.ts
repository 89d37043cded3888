import { CryptoError } from "../errors.ts";

/** RFC 9497 section 1.2: inputs and info have a two-byte length before them. */
const MAX_INPUT_BYTES = 0xffff;
/** The proof numbers the elements of a batch in two bytes (section 2.2.1). */
const MAX_BATCH_ELEMENTS = 0xffff;
const ELEMENT_BYTES = 32;
const SEED_BYTES = 32;

// 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 9496 section 4.4).
const GROUP_ORDER = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

export function checkInput(bytes: Uint8Array): void {
  if (bytes.length > MAX_INPUT_BYTES) throw new CryptoError("length");
}

export function checkSeed(seed: Uint8Array): void {
  if (seed.length !== SEED_BYTES) throw new CryptoError("length");
}

/** Throws unless there is something to evaluate: an empty batch would have a proof about nothing. */
export function checkBatch(items: readonly unknown[]): void {
  if (items.length === 0 || items.length > MAX_BATCH_ELEMENTS) throw new CryptoError("batch_invalid");
}

/**
 * Length and identity, whose encoding is 32 zero bytes. Section 3.3 has identity elements from the wire rejected. That
 * the encoding is canonical is checked by the decoding of either implementation.
 */
export function checkElement(bytes: Uint8Array): void {
  if (bytes.length !== ELEMENT_BYTES || isZero(bytes)) throw new CryptoError("element_invalid");
}

/** Length and range: never reduced silently, and never zero. In constant time for every content. */
export function checkScalar(bytes: Uint8Array): void {
  if (!isBelowOrder(bytes) || isZero(bytes)) throw new CryptoError("scalar_invalid");
}

export function isZero(bytes: Uint8Array): boolean {
  let seen = 0;
  for (const byte of bytes) seen |= byte;
  return seen === 0;
}

function isBelowOrder(bytes: Uint8Array): boolean {
  if (bytes.length !== GROUP_ORDER.length) return false;
  let below = 0;
  let undecided = 1;
  for (let i = bytes.length - 1; i >= 0; i--) {
    const byte = bytes[i] ?? 0;
    const limit = GROUP_ORDER[i] ?? 0;
    below |= ((byte - limit) >> 8) & undecided;
    undecided &= ((byte ^ limit) - 1) >> 8;
  }
  return below !== 0;
}
