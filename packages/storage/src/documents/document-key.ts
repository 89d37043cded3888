/** LMDB's own bound on a key, with 4 kB pages; below that of Postgres on an index's row. */
const MAX_KEY_BYTES = 1_978;

/** Collection, 0 byte, key: orders documents as they are listed. Throws RangeError. */
export function documentKey(collection: string, key: string): Buffer {
  if (collection.includes("\0")) throw new RangeError("documents: a collection's name has no 0 byte");
  const storeKey = Buffer.from(`${collection}\0${key}`);
  if (storeKey.length > MAX_KEY_BYTES) {
    throw new RangeError(`documents: collection and key are longer than ${MAX_KEY_BYTES - 1} bytes`);
  }
  return storeKey;
}
