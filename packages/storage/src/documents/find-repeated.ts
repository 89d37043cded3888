/**
 * The second change of one document is never at its expected version: both were made for the version before.
 */
export function findRepeated<Change extends { storeKey: Buffer }>(
  changes: readonly Change[],
): Change | undefined {
  const seen = new Set<string>();
  return changes.find(({ storeKey }) => seen.size === seen.add(storeKey.toString()).size);
}
