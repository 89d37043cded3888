import type { Finding } from "../finding.ts";
import type { Edge, ImportGraph } from "./import-graph.ts";
import { ENTRY_NEVER_LOADS } from "./rules.ts";

/** A finding for each import that drags into an entry what the entry promises never to load. */
export function checkEntries(graph: ImportGraph): Finding[] {
  return Object.entries(ENTRY_NEVER_LOADS).flatMap(([entry, forbidden]) =>
    loadedFrom(graph, entry)
      .filter((edge) => forbidden.some((name) => isForbidden(edge, name)))
      .map(({ file, line, target }) => ({
        file,
        line,
        message: `loads ${target.kind === "file" ? target.path : target.name}, and ${entry} loads this file: it must never`,
      })),
  );
}

function isForbidden({ target }: Edge, name: string): boolean {
  if (name === "node:") return target.kind === "builtin";
  return target.kind === "library" && target.name === name;
}

function loadedFrom(graph: ImportGraph, entry: string): Edge[] {
  const files = new Set([entry]);
  const edges: Edge[] = [];
  for (const file of files) {
    for (const edge of graph.get(file) ?? []) {
      edges.push(edge);
      if (edge.to !== undefined) files.add(edge.to);
    }
  }
  return edges;
}
