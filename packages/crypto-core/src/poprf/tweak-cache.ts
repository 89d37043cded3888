import { type Element, equalConstantTime, type Scalar } from "../bytes.ts";

/** The secret key bound to one info. As secret as the key itself: sk = t - m, and m is public. */
export type BoundKey = { readonly t: Scalar; readonly inverse: Scalar; readonly tweakedKey: Element };

type Entry = BoundKey & { readonly secretKey: Uint8Array; readonly info: Uint8Array };

/**
 * Keeps the last few tweaks, since making one costs about as much as the evaluation it serves. A service has few at a
 * time: use cases x live keys x the current epoch and its neighbour.
 */
export function createTweakCache(maxEntries: number) {
  const entries: Entry[] = [];
  return {
    /** Most recently used first; `make` runs on a miss. Valid until the next call, which may wipe it. */
    get(secretKey: Uint8Array, info: Uint8Array, make: () => BoundKey): BoundKey {
      const at = entries.findIndex(
        (entry) => equalConstantTime(entry.info, info) && equalConstantTime(entry.secretKey, secretKey),
      );
      const [kept] = at < 0 ? [] : entries.splice(at, 1);
      // Not slice(): on a Node Buffer it shares the memory, and wiping would then wipe the caller's key.
      const entry = kept ?? { ...make(), secretKey: new Uint8Array(secretKey), info: new Uint8Array(info) };
      entries.unshift(entry);
      if (entries.length > maxEntries) wipe(entries.pop());
      return entry;
    },
    clear(): void {
      for (const entry of entries.splice(0)) wipe(entry);
    },
  };
}

function wipe(entry: Entry | undefined): void {
  entry?.secretKey.fill(0);
  entry?.t.fill(0);
  entry?.inverse.fill(0);
}
