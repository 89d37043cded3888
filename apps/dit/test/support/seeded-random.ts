import { createCipheriv, createHash } from "node:crypto";
import type { RandomBytes } from "@dit/crypto-core";

/** Bytes that anybody can have again who knows the seed: AES-256-CTR under its hash. */
export function createSeededBytes(seed: string): RandomBytes {
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  return (lengthBytes) => new Uint8Array(cipher.update(Buffer.alloc(lengthBytes)));
}

/** Uniform in [0, 1). */
export function createSeededFraction(seed: string): () => number {
  const bytes = createSeededBytes(seed);
  return () => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32;
}
