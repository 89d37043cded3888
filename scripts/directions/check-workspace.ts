import type { Finding } from "../finding.ts";
import { checkEntries } from "./check-entries.ts";
import { checkImport } from "./check-import.ts";
import { findCycles } from "./find-cycles.ts";
import { importGraph } from "./import-graph.ts";
import type { WorkspacePackage } from "./read-workspace.ts";
import { resolveImport } from "./resolve-import.ts";
import { MAY_IMPORT } from "./rules.ts";

/** Applies every rule to every import of every package. Empty: the house stands as drawn. */
export function checkWorkspace(packages: readonly WorkspacePackage[]): Finding[] {
  const graph = importGraph(packages);
  return [
    ...packages.flatMap(checkFolder),
    ...packages.flatMap((from) => checkImports(from, packages)),
    ...findCycles(graph),
    ...checkEntries(graph),
  ];
}

function checkFolder({ folder, name }: WorkspacePackage): Finding[] {
  const file = `${folder}/package.json`;
  const findings: Finding[] = [];
  if (!Object.hasOwn(MAY_IMPORT, folder)) {
    findings.push({ file, line: 1, message: `${folder} is not in the table of scripts/directions/rules.ts` });
  }
  if (name !== `@dit/${folder.split("/")[1]}`) {
    findings.push({ file, line: 1, message: `the name "${name}" does not follow from the folder ${folder}` });
  }
  return findings;
}

function checkImports(from: WorkspacePackage, packages: readonly WorkspacePackage[]): Finding[] {
  return from.files.flatMap(({ path: file, imports }) =>
    imports.flatMap((site) =>
      checkImport({ from, file, site, target: resolveImport(site.specifier, file, packages) }).map(
        (message) => ({ file, line: site.line, message }),
      ),
    ),
  );
}
