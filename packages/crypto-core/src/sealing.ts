/**
 * Sealing of secrets at rest: AES-256-GCM by WebCrypto (NIST SP 800-38D). Layout: version (1 byte) || nonce (12) ||
 * ciphertext || tag (16). A nonce is random, so one key must not seal more than 2^32 times (section 8.3).
 */
import { concat } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { framed, utf8 } from "./framing.ts";
import { LABELS } from "./labels.ts";
import { type RandomBytes, webCryptoRandomBytes } from "./random-bytes.ts";

const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

export interface Sealer {
  /** `context` names what is sealed, and where: bytes moved to another place do not open there. It is not secret. */
  seal(plaintext: Uint8Array, context: string): Promise<Uint8Array>;
  /** Throws CryptoError("unseal_failed") for another key, another context, and any changed byte alike. */
  open(sealed: Uint8Array, context: string): Promise<Uint8Array>;
}

/** `keyEncryptionKey` has 32 bytes, or CryptoError("length"); it is kept as a key that cannot be read out again. */
export async function createSealer(
  keyEncryptionKey: Uint8Array,
  options: { readonly randomBytes?: RandomBytes } = {},
): Promise<Sealer> {
  if (keyEncryptionKey.length !== KEY_BYTES) throw new CryptoError("length");
  const { randomBytes = webCryptoRandomBytes } = options;
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey("raw", new Uint8Array(keyEncryptionKey), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return {
    async seal(plaintext, context) {
      const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
      const sealed = await subtle.encrypt(gcm(nonce, context), key, new Uint8Array(plaintext));
      return concat(Uint8Array.of(VERSION), nonce, new Uint8Array(sealed));
    },
    async open(sealed, context) {
      if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION) {
        throw new CryptoError("unseal_failed");
      }
      const nonce = new Uint8Array(sealed.subarray(1, HEADER_BYTES));
      try {
        const body = new Uint8Array(sealed.subarray(HEADER_BYTES));
        return new Uint8Array(await subtle.decrypt(gcm(nonce, context), key, body));
      } catch (cause) {
        throw new CryptoError("unseal_failed", { cause });
      }
    },
  };
}

function gcm(nonce: Uint8Array<ArrayBuffer>, context: string) {
  const additionalData = framed(utf8(LABELS.seal), Uint8Array.of(VERSION), utf8(context));
  return { name: "AES-GCM", iv: nonce, additionalData, tagLength: 8 * TAG_BYTES };
}
