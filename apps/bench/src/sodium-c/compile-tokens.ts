import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL("./tokens.c", import.meta.url));

/** Tokens a second of processor time. */
export type MeasureTokens = (work: "issue" | "redeem", seconds: number) => Promise<number>;

/** What this machine lacks for it, or the compiled program. Throws if it has all and the program does not compile. */
export async function compileTokens(
  directory: string,
  compiler = "cc",
): Promise<MeasureTokens | { readonly missing: string }> {
  const program = join(directory, "tokens");
  try {
    await run(compiler, ["-O3", "-o", program, SOURCE, "-lsodium"]);
  } catch (error) {
    const missing = missingOf(error, compiler);
    if (missing === undefined) throw error;
    return { missing };
  }
  return async (work, seconds) => Number((await run(program, [work, String(seconds)])).stdout);
}

function missingOf(error: unknown, compiler: string): string | undefined {
  const { code, stderr = "" } = error as { readonly code?: unknown; readonly stderr?: string };
  if (code === "ENOENT") return `there is no C compiler (${compiler})`;
  if (/sodium\.h\b.*(No such file|not found)/.test(stderr)) {
    return "libsodium's headers (sodium.h, Debian's libsodium-dev) are not here";
  }
  return /(cannot find|library not found).*sodium/.test(stderr)
    ? "libsodium's library is not here"
    : undefined;
}
