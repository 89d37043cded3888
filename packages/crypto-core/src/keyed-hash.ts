import { framed, utf8 } from "./framing.ts";
import { nobleHmac } from "./hashes.ts";

/**
 * HMAC-SHA256(key, framed(label, data)), 32 bytes: a name for `data` that means nothing without the key, and nothing
 * under another label; the label as text, or as its UTF-8 where every microsecond counts. `data` has at most 65535 bytes, or
 * CryptoError("length").
 */
export function keyedHash(key: Uint8Array, label: string | Uint8Array, data: Uint8Array): Uint8Array {
  return nobleHmac(key, framed(typeof label === "string" ? utf8(label) : label, data));
}
