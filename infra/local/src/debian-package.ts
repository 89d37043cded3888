import { execFile } from "node:child_process";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchOnce } from "./fetch-once.ts";

const run = promisify(execFile);
const ALL_MAY_READ = 0o755;

/**
 * Debian packages, unpacked into one directory of the cache and not installed: nothing on the machine changes, and no server
 * starts by itself. `packages` names all that is needed beyond a minimal system, libraries included.
 */
export async function unpackDebianPackages(name: string, packages: readonly string[]): Promise<string> {
  return fetchOnce(name, async (directory) => {
    const archives = join(directory, "archives");
    await mkdir(archives);
    await download(packages, archives);
    for (const archive of await readdir(archives)) {
      await run("dpkg-deb", ["--extract", join(archives, archive), directory]);
    }
    // Servers that refuse to run as root run as another user, and read their programs here.
    await chmod(directory, ALL_MAY_READ);
  });
}

/** A machine's package lists may be older than what the mirrors still have: they are read again then. */
async function download(packages: readonly string[], directory: string): Promise<void> {
  const get = () => run("apt-get", ["download", ...packages], { cwd: directory });
  try {
    await get();
  } catch {
    await run("apt-get", ["update"]);
    await get();
  }
}
