import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { WorkspacePackage } from "./read-workspace.ts";

/** What an import's text means, before any rule is applied. */
export type Target =
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "library"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "workspace";
      readonly name: string;
      /** `.` or `./sub`. */
      readonly entry: string;
      readonly package: WorkspacePackage | undefined;
      /** The file behind the entry; undefined where the package does not export it. */
      readonly path: string | undefined;
    };

/** Resolves `specifier` as written in `importer` (a path from the root of the repository). */
export function resolveImport(
  specifier: string,
  importer: string,
  packages: readonly WorkspacePackage[],
): Target {
  if (specifier.startsWith("."))
    return { kind: "file", path: posix.join(posix.dirname(importer), specifier) };
  if (isBuiltin(specifier)) return { kind: "builtin", name: specifier };

  const segments = specifier.split("/");
  const nameLength = specifier.startsWith("@") ? 2 : 1;
  const name = segments.slice(0, nameLength).join("/");
  if (!name.startsWith("@dit/")) return { kind: "library", name };

  const entry = [".", ...segments.slice(nameLength)].join("/");
  const owner = packages.find((candidate) => candidate.name === name);
  return { kind: "workspace", name, entry, package: owner, path: owner?.entries.get(entry) };
}
