import { hash } from "node:crypto";

const KEY_BYTES = 32;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const MAX_DATA_BYTES = 128;
const INNER_BYTES = BLOCK_BYTES + MAX_DATA_BYTES;
const OUTER_BYTES = BLOCK_BYTES + DIGEST_BYTES;
/** What an HMAC works in, data and an unfinished hash included. */
export const HMAC_MEMORY_BYTES = INNER_BYTES + OUTER_BYTES;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * HMAC-SHA256 (RFC 2104) as two of OpenSSL's one-shot hashes, which use the processor's own instructions. `createHmac` takes eight times
 * as long, for the objects that it makes. For keys of 32 bytes and at most 128 bytes of data; RangeError otherwise. Answers with the
 * first `outputBytes`. Takes the same time for every key, and keeps nothing of it.
 */
export function createOpensslHmac(
  outputBytes = DIGEST_BYTES,
  memory = new Uint8Array(HMAC_MEMORY_BYTES),
): (key: Uint8Array, data: Uint8Array) => Uint8Array {
  const inner = memory.subarray(0, INNER_BYTES).fill(INNER_PAD);
  const outer = memory.subarray(INNER_BYTES).fill(OUTER_PAD);
  const innerOf = Array.from({ length: MAX_DATA_BYTES + 1 }, (_, dataBytes) =>
    inner.subarray(0, BLOCK_BYTES + dataBytes),
  );
  return (key, data) => {
    const padded = innerOf[data.length];
    if (key.length !== KEY_BYTES || padded === undefined) throw new RangeError("HMAC: a length out of range");
    for (let at = 0; at < KEY_BYTES; at++) {
      const byte = key[at] ?? 0;
      inner[at] = byte ^ INNER_PAD;
      outer[at] = byte ^ OUTER_PAD;
    }
    inner.set(data, BLOCK_BYTES);
    // As text: bytes would come in memory that the system allocates for each of them, which takes longer than the hash.
    writeLatin1(outer, BLOCK_BYTES, hash("sha256", padded, "binary"), DIGEST_BYTES);
    const digest = new Uint8Array(outputBytes);
    writeLatin1(digest, 0, hash("sha256", outer, "binary"), outputBytes);
    for (let at = 0; at < KEY_BYTES; at++) {
      inner[at] = 0;
      outer[at] = 0;
    }
    return digest;
  };
}

function writeLatin1(bytes: Uint8Array, offset: number, text: string, length: number): void {
  for (let at = 0; at < length; at++) bytes[offset + at] = text.charCodeAt(at);
}
