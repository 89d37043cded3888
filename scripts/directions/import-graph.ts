import type { WorkspacePackage } from "./read-workspace.ts";
import { resolveImport, type Target } from "./resolve-import.ts";

/** An import that exists at run time. */
export interface Edge {
  readonly file: string;
  readonly line: number;
  readonly target: Target;
  /** The workspace file it loads, where it is one. */
  readonly to: string | undefined;
}

/** File -> what it loads. Type-only imports are gone at run time and are left out. */
export type ImportGraph = ReadonlyMap<string, readonly Edge[]>;

/** Builds the run-time import graph of all packages, through their public entries. */
export function importGraph(packages: readonly WorkspacePackage[]): ImportGraph {
  const files = packages.flatMap((each) => each.files);
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, imports }) => [
      path,
      imports
        .filter((site) => !site.typeOnly)
        .map((site) => {
          const target = resolveImport(site.specifier, path, packages);
          const to = target.kind === "file" || target.kind === "workspace" ? target.path : undefined;
          return {
            file: path,
            line: site.line,
            target,
            to: to !== undefined && known.has(to) ? to : undefined,
          };
        }),
    ]),
  );
}
