import { existsSync, globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { type ImportSite, readImports } from "./read-imports.ts";

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly imports: readonly ImportSite[];
}

export interface WorkspacePackage {
  /** `packages/client`. */
  readonly folder: string;
  /** `@dit/client`. */
  readonly name: string;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
  /** Entry (`.`, `./schemas`) -> file, from the root of the repository. */
  readonly entries: ReadonlyMap<string, string>;
  readonly files: readonly SourceFile[];
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly exports?: Record<string, string>;
}

/** Reads every package of the workspace with the imports of its src, test and scripts. */
export function readWorkspace(root: string): WorkspacePackage[] {
  return globSync(["packages/*", "apps/*", "infra/*"], { cwd: root })
    .map(toPosix)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .sort()
    .map((folder) => readPackage(root, folder));
}

function readPackage(root: string, folder: string): WorkspacePackage {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const entries = Object.entries(manifest.exports ?? {});
  return {
    folder,
    name: manifest.name,
    dependencies: new Set(Object.keys(manifest.dependencies ?? {})),
    devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
    entries: new Map(entries.map(([entry, file]) => [entry, `${folder}/${file.replace(/^\.\//, "")}`])),
    files: globSync(`${folder}/{src,test,scripts}/**/*.ts`, { cwd: root })
      .map(toPosix)
      .sort()
      .map((path) => ({ path, imports: readImports(path, readFileSync(join(root, path), "utf8")) })),
  };
}

function toPosix(path: string): string {
  return path.split(sep).join("/");
}
