import { runCapacity } from "./capacity/run-capacity.ts";
import { runCurves } from "./curves/run-curves.ts";
import { runReid } from "./reid/run-reid.ts";
import { runSaturation } from "./saturation/run-saturation.ts";
import { ROWS } from "./table/rows.ts";
import { runTable } from "./table/run-table.ts";

const [command, ...args] = process.argv.slice(2);
if (command === "capacity") await runCapacity(args);
else if (command === "curves") await runCurves(args);
else if (command === "saturation") process.exitCode = (await runSaturation(args)) ? 0 : 1;
else if (command === "reid") process.exitCode = (await runReid(args)) ? 0 : 1;
else {
  const io = { print: (line: string) => console.log(line), say: (line: string) => console.error(line) };
  process.exitCode = (await runTable(ROWS, process.argv.slice(2), io)) ? 0 : 1;
}
