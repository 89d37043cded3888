import { homedir } from "node:os";
import { join } from "node:path";

/** Where fetched engines stay between runs: `$XDG_CACHE_HOME/dit-engines`, by default below `~/.cache`. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "dit-engines");
}
