import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { unpackDebianPackages } from "./debian-package.ts";

const run = promisify(execFile);
const PACKAGES = ["redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1", "libssl3"];
const ANSWER_WITHIN_MS = 10_000;

export interface RedisPrograms {
  readonly server: string;
  /** Of the server. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs redis-cli; gives what it printed. Rejects if the server answers with an error. */
  cli(args: readonly string[]): Promise<string>;
}

/** Debian's Redis, with the libraries that a minimal system has not. */
export async function redisPrograms(): Promise<RedisPrograms> {
  const root = await unpackDebianPackages("redis-debian", PACKAGES);
  const libraries = join(root, "usr/lib");
  const architecture = (await readdir(libraries)).find((name) => name.endsWith("-linux-gnu"));
  if (architecture === undefined) throw new Error(`no libraries in ${libraries}`);
  const env = { ...process.env, LD_LIBRARY_PATH: join(libraries, architecture) };
  return {
    server: join(root, "usr/bin/redis-server"),
    env,
    async cli(args) {
      const options = { env, timeout: ANSWER_WITHIN_MS };
      const { stdout } = await run(join(root, "usr/bin/redis-cli"), ["-e", ...args], options);
      return stdout.trim();
    },
  };
}
