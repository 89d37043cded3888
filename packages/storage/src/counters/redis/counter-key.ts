const KEY_BYTES = 16;
const PREFIX_BYTES = 6;
const EXPIRY_BYTES = 4;

/** All counters have it; the letter after it says which kind. */
export const KEY_PATTERN = "dit:[ua]:*";

/**
 * A counter's key in Redis: `dit:u:` for uses or `dit:a:` for amounts, the expiry (u32, big-endian) and the 16 bytes. 26 bytes, which
 * Redis' allocator makes 32 as it would make 24.
 */
export function counterKey(
  kind: "u" | "a",
  { key, expiresAtSeconds }: { readonly key: Uint8Array; readonly expiresAtSeconds: number },
): Buffer {
  if (key.length !== KEY_BYTES) throw new RangeError(`counters: a key has ${KEY_BYTES} bytes`);
  const counter = Buffer.alloc(PREFIX_BYTES + EXPIRY_BYTES + KEY_BYTES);
  counter.write(`dit:${kind}:`, "latin1");
  counter.writeUInt32BE(expiresAtSeconds, PREFIX_BYTES);
  counter.set(key, PREFIX_BYTES + EXPIRY_BYTES);
  return counter;
}

/** Infinity for a key that only looks like a counter's. */
export function expiryOf(counter: Buffer): number {
  if (counter.length !== PREFIX_BYTES + EXPIRY_BYTES + KEY_BYTES) return Number.POSITIVE_INFINITY;
  return counter.readUInt32BE(PREFIX_BYTES);
}
