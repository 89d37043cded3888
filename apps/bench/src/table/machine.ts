import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What has to be known to read a run's figures. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** At the start: near its cores or above, other work slowed this one. */
  readonly loadAverage: number;
  readonly node: string;
  /** Undefined where there is no repository. */
  readonly commit: string | undefined;
  readonly packages: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/** Those that a figure depends on. */
const PACKAGES = [
  "@cloudflare/voprf-ts",
  "@noble/curves",
  "chdb",
  "hono",
  "libsodium-wrappers-sumo",
  "lmdb",
] as const;

export async function readMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    loadAverage: loadavg()[0] ?? 0,
    node: process.version,
    commit: await readCommit(),
    packages: await readVersions(),
  };
}

export function machineLine({ cpu, cores, loadAverage, node, commit, packages }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, load average ${loadAverage.toFixed(1)}; commit ${commit ?? "unknown"}`,
    `Node ${node}, ${versions.join(", ")}`,
  ].join("\n");
}

/** With a `+` if files differ from it. */
async function readCommit(): Promise<string | undefined> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", args, { cwd: ROOT })).stdout.trim();
  try {
    const commit = await git("rev-parse", "--short=12", "HEAD");
    return (await git("status", "--porcelain")) === "" ? commit : `${commit}+`;
  } catch {
    return undefined;
  }
}

/** The catalog pins every version exactly. */
async function readVersions(): Promise<Record<string, string>> {
  const catalog = await readFile(`${ROOT}pnpm-workspace.yaml`, "utf8");
  const versionOf = (name: string) =>
    new RegExp(`^ {2}"?${name}"?: (\\S+)$`, "m").exec(catalog)?.[1] ?? "unknown";
  return Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)]));
}
