import { createCipheriv, createDecipheriv } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const TAG_BYTES = 16;
export const NONCE_BYTES = 12;

export interface Sealing {
  readonly key: Buffer;
  /** `NONCE_BYTES`, never twice under one key: whoever sees two such texts can forge, and reads both. */
  readonly nonce: Buffer;
  /** What the text belongs to; it opens nowhere else. */
  readonly context: Buffer;
}

/** AES-256-GCM. In pieces, 16 bytes more than `plaintext`, to be put together once with what goes before them. */
export function seal(plaintext: Buffer, { key, nonce, context }: Sealing): Buffer[] {
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(context);
  return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
}

/** Throws `ShreddedError` if it does not open. */
export function unseal(sealed: Buffer, { key, nonce, context }: Sealing): Buffer {
  const decipher = createDecipheriv(ALGORITHM, key, nonce).setAAD(context);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw new ShreddedError("the key is gone");
  }
  return plaintext;
}

/** What was read was removed after the snapshot that still shows it; or the file of keys is not the table's. */
class ShreddedError extends Error {
  override readonly name = "ShreddedError";
}

const READ_ATTEMPTS = 3;

/**
 * Between the snapshot and the key, another process may remove and shred what is being read: then the next
 * snapshot tells.
 */
export async function readSealed<T>(
  environment: { read<R>(operation: () => R): Promise<R> },
  operation: () => T,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const read = await environment.read(() => unlessShredded(operation, attempt === READ_ATTEMPTS));
    if (read !== undefined) return read.result;
  }
}

function unlessShredded<T>(operation: () => T, isLast: boolean): { result: T } | undefined {
  try {
    return { result: operation() };
  } catch (error) {
    if (isLast || !(error instanceof ShreddedError)) throw error;
    return undefined;
  }
}
