import { parseArgs } from "node:util";
import { runCapacity } from "./capacity/run-capacity.ts";
import { compareReid } from "./reid/compare-reid.ts";
import { runSaturation } from "./saturation/run-saturation.ts";
import { ROWS } from "./table/rows.ts";
import { runTable } from "./table/run-table.ts";

const [command, ...args] = process.argv.slice(2);
if (command === "capacity") await runCapacity(args);
else if (command === "saturation") process.exitCode = (await runSaturation(args)) ? 0 : 1;
else if (command === "reid") {
  // A quick run has fewer rows; its targets are met, or not, by start-up costs.
  const { values } = parseArgs({ args, options: { rows: { type: "string", default: "10000000" } } });
  process.exitCode = (await compareReid(Number(values.rows))) ? 0 : 1;
} else {
  const io = { print: (line: string) => console.log(line), say: (line: string) => console.error(line) };
  process.exitCode = (await runTable(ROWS, process.argv.slice(2), io)) ? 0 : 1;
}
