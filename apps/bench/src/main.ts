import { cpus } from "node:os";
import { compare } from "./comparison.ts";
import { poprfComparisons } from "./poprf-bench.ts";

const TURNS = 9;

console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; medians of ${TURNS} interleaved turns\n`,
);
const results = (await poprfComparisons()).map((comparison) => compare(comparison, TURNS));
console.table(
  Object.fromEntries(
    results.map((r) => [
      r.name,
      {
        ours: `${Math.round(r.oursPerSecond)} ${r.unit}`,
        peer: `${r.peerName}: ${Math.round(r.peerPerSecond)}`,
        ratio: `${r.ratio.toFixed(1)}x (${r.lowestRatio.toFixed(1)}-${r.highestRatio.toFixed(1)})`,
        target: `>= ${r.target}x`,
        met: r.ratio >= r.target ? "yes" : "NO",
      },
    ]),
  ),
);
process.exitCode = results.every(({ ratio, target }) => ratio >= target) ? 0 : 1;
