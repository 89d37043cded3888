import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { framed, utf8 } from "./framing.ts";

/**
 * HMAC-SHA256(key, framed(label, data)), 32 bytes: a name for `data` that means nothing without the key, and nothing
 * under another label. `data` has at most 65535 bytes, or CryptoError("length").
 */
export function keyedHash(key: Uint8Array, label: string, data: Uint8Array): Uint8Array {
  return hmac(sha256, key, framed(utf8(label), data));
}
