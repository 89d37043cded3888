import type { ImportSite } from "./read-imports.ts";
import type { WorkspacePackage } from "./read-workspace.ts";
import type { Target } from "./resolve-import.ts";
import {
  COMPOSITION_ROOTS,
  DRIVER_CHOICE,
  DRIVER_HOMES,
  DRIVER_LIBRARIES,
  FOR_TESTS,
  isTestFile,
  MAY_IMPORT,
  NEVER_DEPLOYED,
} from "./rules.ts";

/** One import, with everything the rules look at. */
export interface ImportFacts {
  readonly from: WorkspacePackage;
  readonly file: string;
  readonly site: ImportSite;
  readonly target: Target;
}

/** Every rule this import breaks, in words that say what to do. */
export function checkImport(facts: ImportFacts): string[] {
  return [leavesPackage, wrongDirection, undeclared, unexported, driverChosen, driverLibrary, clientRule]
    .map((rule) => rule(facts))
    .filter((message) => message !== undefined);
}

type Rule = (facts: ImportFacts) => string | undefined;

const leavesPackage: Rule = ({ from, site, target }) =>
  target.kind === "file" && !target.path.startsWith(`${from.folder}/`)
    ? `"${site.specifier}" leaves ${from.folder}: import the package by its name`
    : undefined;

const wrongDirection: Rule = ({ from, file, target }) => {
  if (target.kind !== "workspace" || target.name === from.name) return undefined;
  if (FOR_TESTS.includes(target.name) && isTestFile(file)) return undefined;
  const allowed = allowedImports(from.folder);
  if (allowed === "everything" || allowed.some((name) => target.name === `@dit/${name}`)) return undefined;
  return `${from.folder} may not import ${target.name} (it may import: ${allowed.join(", ") || "nothing"})`;
};

function allowedImports(folder: string): readonly string[] | "everything" {
  return new Map<string, readonly string[] | "everything">(Object.entries(MAY_IMPORT)).get(folder) ?? [];
}

const undeclared: Rule = ({ from, file, target }) => {
  if (target.kind !== "workspace" && target.kind !== "library") return undefined;
  if (target.name === from.name || from.dependencies.has(target.name)) return undefined;
  if (!from.devDependencies.has(target.name)) return `${target.name} is not in ${from.folder}/package.json`;
  return isTestFile(file) || NEVER_DEPLOYED.includes(from.folder)
    ? undefined
    : `${target.name} is only a devDependency of ${from.folder}: code that ships may not import it`;
};

const unexported: Rule = ({ target }) =>
  target.kind === "workspace" && target.package !== undefined && target.path === undefined
    ? `${target.name} does not export "${target.entry}"`
    : undefined;

const driverChosen: Rule = ({ from, file, target }) => {
  if (target.kind !== "workspace" || target.name !== "@dit/storage") return undefined;
  const isDriver = target.entry.split("/").length === 3;
  if (!isDriver && target.entry !== DRIVER_CHOICE) return undefined;
  const mayChoose = COMPOSITION_ROOTS.includes(from.folder) || file === `${from.folder}/src/main.ts`;
  return !mayChoose && !isTestFile(file)
    ? `${target.name}${target.entry.slice(1)} ${isDriver ? "is a driver" : "opens drivers"}: only main.ts, ${COMPOSITION_ROOTS.join(" and ")} pick drivers`
    : undefined;
};

const driverLibrary: Rule = ({ file, target }) =>
  target.kind === "library" &&
  DRIVER_LIBRARIES.some((name) => name === target.name) &&
  !DRIVER_HOMES.some((home) => file.startsWith(home)) &&
  !isTestFile(file)
    ? `${target.name} may be imported only by the drivers in ${DRIVER_HOMES[0]}`
    : undefined;

/** The SDK runs in a browser and stays small; its core runs anywhere. */
const clientRule: Rule = ({ from, file, site, target }) => {
  if (from.folder !== "packages/client" || isTestFile(file)) return undefined;
  if (target.kind === "workspace" && target.name === "@dit/protocol" && target.entry === "./schemas") {
    return site.typeOnly
      ? undefined
      : "@dit/protocol/schemas carries zod: the client takes types from it by `import type`";
  }
  if (!file.startsWith("packages/client/src/core/")) return undefined;
  if (target.kind === "builtin")
    return `client/src/core runs everywhere: ${target.name} belongs in platform/`;
  return target.kind === "file" && target.path.startsWith("packages/client/src/platform/")
    ? "client/src/core may not import platform/: take what it offers as an argument"
    : undefined;
};
