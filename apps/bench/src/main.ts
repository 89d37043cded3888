import { runCapacity } from "./capacity/run-capacity.ts";
import { compareAll } from "./compare-all.ts";

const [command, ...args] = process.argv.slice(2);
if (command === "capacity") await runCapacity(args);
else process.exitCode = (await compareAll()) ? 0 : 1;
