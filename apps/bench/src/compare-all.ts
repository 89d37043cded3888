import { cpus } from "node:os";
import { compare } from "./comparison.ts";
import { poprfComparisons } from "./poprf-bench.ts";

const TURNS = 9;

/** Prints every comparison as a table; false if a target is missed. */
export async function compareAll(): Promise<boolean> {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; medians of ${TURNS} interleaved turns\n`,
  );
  const results = (await poprfComparisons()).map((comparison) => compare(comparison, TURNS));
  const lines = results.map((r) => [
    r.name,
    `${Math.round(r.oursPerSecond)} ${r.unit}`,
    `${r.peerName}: ${Math.round(r.peerPerSecond)}`,
    `${r.ratio.toFixed(1)}x (${r.lowestRatio.toFixed(1)}-${r.highestRatio.toFixed(1)})`,
    `>= ${r.target}x`,
    r.ratio >= r.target ? "yes" : "NO",
  ]);
  const table = [["what", "ours", "peer", "ratio (range)", "target", "met"], ...lines];
  const widthOf = (column: number) => Math.max(...table.map((line) => line[column]?.length ?? 0));
  for (const line of table)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widthOf(column) + 2))
        .join("")
        .trimEnd(),
    );
  return results.every(({ ratio, target }) => ratio >= target);
}
