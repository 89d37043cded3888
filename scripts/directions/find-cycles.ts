import type { Finding } from "../finding.ts";
import type { Edge, ImportGraph } from "./import-graph.ts";

/** One finding for each group of files that import one another: the shortest way round, from its first file. */
export function findCycles(graph: ImportGraph): Finding[] {
  const reported = new Set<string>();
  return [...graph.keys()].sort().flatMap((start) => {
    if (reported.has(start)) return [];
    const cycle = shortestCycle(graph, start);
    const [first] = cycle;
    if (!first) return [];
    for (const edge of cycle) reported.add(edge.file);
    const way = [...cycle.map((edge) => edge.file), start].join(" -> ");
    return [{ file: start, line: first.line, message: `import cycle: ${way}` }];
  });
}

/** Breadth first from `start` back to `start`; empty where there is no way back. */
function shortestCycle(graph: ImportGraph, start: string): Edge[] {
  const arrivedBy = new Map<string, Edge>();
  const queue = [start];
  for (const file of queue) {
    for (const edge of graph.get(file) ?? []) {
      if (edge.to === start) return wayTo(arrivedBy, start, edge);
      if (edge.to === undefined || arrivedBy.has(edge.to)) continue;
      arrivedBy.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  return [];
}

function wayTo(arrivedBy: ReadonlyMap<string, Edge>, start: string, last: Edge): Edge[] {
  const way = [last];
  for (let file = last.file; file !== start; ) {
    const edge = arrivedBy.get(file);
    if (!edge) break;
    way.unshift(edge);
    file = edge.file;
  }
  return way;
}
