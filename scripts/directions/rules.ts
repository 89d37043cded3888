/**
 * Who may import whom. Everything `check-directions` enforces beyond this table (cycles, undeclared dependencies,
 * imports that leave a package) needs no configuration.
 */

const shared = ["crypto-core", "protocol"] as const;
const service = [...shared, "storage", "service-kit"] as const;

/** Package folder -> the workspace packages it may import. A package that is not here may not exist. */
export const MAY_IMPORT = {
  "packages/crypto-core": [],
  "packages/protocol": ["crypto-core"],
  "packages/storage": shared,
  "packages/service-kit": shared,
  "packages/client": shared,
  "apps/acs": service,
  "apps/edge": service,
  "apps/ingest": service,
  "apps/sink": service,
  "apps/reid": service,
  "apps/simulator": [...service, "client"],
  "apps/dit": "everything",
  "apps/bench": "everything",
  "infra/docker": "everything",
  "infra/local": [],
  "infra/observability": "everything",
} as const satisfies Record<string, readonly string[] | "everything">;

/** What the tests of every package may import besides: real engines, which import nothing of ours. */
export const FOR_TESTS: readonly string[] = ["@dit/local"];

/** Libraries that hold data or speak to a store. Behind a port, or the port is no port. */
export const DRIVER_LIBRARIES = [
  "lmdb",
  "chdb",
  "@platformatic/kafka",
  "redis",
  "postgres",
  "@clickhouse/client",
] as const;

/** Where those libraries may be used outside tests: by the drivers, to run engines for tests, and to measure an engine without a driver. */
export const DRIVER_HOMES = [
  "packages/storage/src/",
  "infra/local/src/",
  "apps/bench/src/sink/raw-inserts.ts",
] as const;

/** The entry of storage that opens whichever driver a URL names. */
export const DRIVER_CHOICE = "./engines";

/** Packages that pick drivers: the composition roots. In every other app only `main.ts` does. */
export const COMPOSITION_ROOTS: readonly string[] = ["apps/dit", "apps/bench"];

/**
 * What an entry may never load, however indirectly: the reason why a package has more than one entry.
 * `node:` stands for every built-in module.
 */
export const ENTRY_NEVER_LOADS = {
  "packages/crypto-core/src/index.ts": ["node:", "libsodium-wrappers-sumo"],
  "packages/protocol/src/index.ts": ["node:", "zod"],
  "packages/client/src/index.ts": ["node:", "zod", "libsodium-wrappers-sumo"],
  "packages/storage/src/index.ts": DRIVER_LIBRARIES,
} as const satisfies Record<string, readonly string[]>;

/** What nobody deploys: all of it may use devDependencies. */
export const NEVER_DEPLOYED: readonly string[] = ["apps/bench"];

/** Code that never ships: it may use devDependencies, and may speak to a store as a stranger would. */
export function isTestFile(path: string): boolean {
  return /\.test\.ts$|(^|\/)contract\.ts$|^[^/]+\/[^/]+\/(test|scripts)\//.test(path);
}
