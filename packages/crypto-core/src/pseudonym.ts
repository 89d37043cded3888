import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { CryptoError } from "./errors.ts";

const SALT_BYTES = 32;
const STORED_PSEUDONYM_BYTES = 16;

/**
 * First 16 bytes of HMAC-SHA256(salt, client pseudonym). Nobody can recompute it once the 32-byte salt is destroyed, not
 * even with the client's pseudonym in hand. Throws CryptoError("length").
 */
export function storedPseudonym(salt: Uint8Array, clientPseudonym: Uint8Array): Uint8Array {
  if (salt.length !== SALT_BYTES) throw new CryptoError("length");
  return hmac(sha256, salt, clientPseudonym).slice(0, STORED_PSEUDONYM_BYTES);
}
