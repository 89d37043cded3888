import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { unpackDebianPackages } from "./debian-package.ts";

const PACKAGES = ["nginx", "libnginx-mod-http-js", "libcrypt1", "libpcre2-8-0", "libssl3", "zlib1g"];

export interface NginxPrograms {
  readonly server: string;
  /** Of the server. */
  readonly env: NodeJS.ProcessEnv;
  /** The directory of its dynamic modules. */
  readonly modules: string;
}

/** Debian's nginx with njs, and the libraries that a minimal system has not. */
export async function nginxPrograms(): Promise<NginxPrograms> {
  const root = await unpackDebianPackages("nginx-debian", PACKAGES);
  const libraries = [join(root, "lib"), join(root, "usr/lib")];
  const found = await Promise.all(libraries.map(architectureDirectory));
  return {
    server: join(root, "usr/sbin/nginx"),
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: found.flat().join(":") },
    modules: join(root, "usr/lib/nginx/modules"),
  };
}

async function architectureDirectory(libraries: string): Promise<string[]> {
  const names = await readdir(libraries);
  return names.filter((name) => name.endsWith("-linux-gnu")).map((name) => join(libraries, name));
}
