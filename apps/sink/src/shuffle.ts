import { createCipheriv, createHash } from "node:crypto";

/**
 * Puts rows into an order drawn from the batch's name and its salts: the same for a replay, and not to be undone once
 * the salts are destroyed. The order of arrival links reports that were sent together.
 */
export function shuffle<T>(rows: T[], name: string, salts: readonly Uint8Array[]): void {
  const hash = createHash("sha256").update(name);
  for (const salt of salts) hash.update(salt);
  const cipher = createCipheriv("aes-256-ctr", hash.digest(), Buffer.alloc(16));
  const draws = cipher.update(Buffer.alloc(4 * rows.length));
  // Fisher-Yates. The remainder's bias, below 2^-18 for 10,000 rows, gives nothing away.
  for (let last = rows.length - 1; last > 0; last--) {
    const other = draws.readUInt32LE(4 * last) % (last + 1);
    const row = rows[last] as T;
    rows[last] = rows[other] as T;
    rows[other] = row;
  }
}
