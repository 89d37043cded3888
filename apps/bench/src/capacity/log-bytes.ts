import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** What the segments of a topic take on a broker's disk, without their indexes, which are laid out ahead. */
export async function logBytes(brokerDirectory: string, topic: string): Promise<number> {
  const entries = await readdir(brokerDirectory, { recursive: true, withFileTypes: true });
  const segments = entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith(".log") && entry.parentPath.includes(`/${topic}-`),
  );
  const sizes = await Promise.all(
    segments.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((total, size) => total + size, 0);
}
