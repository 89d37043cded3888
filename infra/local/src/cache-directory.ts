import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where fetched engines stay between runs: `$XDG_CACHE_HOME/dit-engines`, by default below `~/.cache`; for root `/var/cache`,
 * since a server that refuses to run as root could not walk through root's home to its programs.
 */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const cache = process.getuid?.() === 0 ? "/var/cache" : join(homedir(), ".cache");
  return join(env.XDG_CACHE_HOME ?? cache, "dit-engines");
}
