import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "./cache-directory.ts";

/**
 * The directory `name` of the cache, filled by `fill` unless it is there already. It appears whole or not at all, also where
 * several processes fill it at once: the first one to finish wins.
 */
export async function fetchOnce(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const cache = cacheDirectory();
  const kept = join(cache, name);
  if (existsSync(kept)) return kept;
  await mkdir(cache, { recursive: true });
  const incoming = await mkdtemp(join(cache, "incoming-"));
  try {
    await fill(incoming);
    await rename(incoming, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return kept;
}
