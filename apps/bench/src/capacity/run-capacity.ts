import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Assumptions, DEFAULT_ASSUMPTIONS } from "./assumptions.ts";
import { capacityTables, POPULATIONS } from "./capacity-tables.ts";
import { measureUnitCosts } from "./measure-unit-costs.ts";
import type { MeasuredCosts } from "./unit-costs.ts";

const WARM_UP_REPORTS = 2_000;
/** The run that docs/SCALE.md shows. */
const KEPT_COSTS = new URL("../../measured/unit-costs.json", import.meta.url);

/**
 * `capacity [--measure] [--costs FILE] [--clients N,N] [--assume name=value,name=value]`: prints what populations need, by the costs of the
 * kept run, of a file, or measured now. With `--measure` and `--costs` the measured costs are written to that file.
 */
export async function runCapacity(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      measure: { type: "boolean", default: false },
      costs: { type: "string" },
      clients: { type: "string" },
      assume: { type: "string" },
      "issue-requests": { type: "string", default: "300" },
      reports: { type: "string", default: "6000" },
    },
  });
  const measured = values.measure
    ? await measureUnitCosts({
        issueRequests: Number(values["issue-requests"]),
        reports: Number(values.reports),
        warmUpReports: WARM_UP_REPORTS,
        say: (line) => console.error(line),
      })
    : ((await JSON.parse(await readFile(values.costs ?? KEPT_COSTS, "utf8"))) as MeasuredCosts);
  if (values.measure && values.costs !== undefined) {
    await writeFile(values.costs, `${JSON.stringify(measured, undefined, 2)}\n`);
  }
  const populations = values.clients?.split(",").map(Number) ?? POPULATIONS;
  const tables = capacityTables(measured, assumptionsOf(values.assume), populations);
  console.log(Object.values(tables).join("\n\n"));
}

/** Throws for a name that is no assumption, or a value that is no number above 0. */
function assumptionsOf(text: string | undefined): Assumptions {
  const given = (text?.split(",") ?? []).map((pair) => {
    const [name = "", value] = pair.split("=");
    if (!(name in DEFAULT_ASSUMPTIONS)) throw new Error(`there is no assumption ${name}`);
    if (!(Number(value) > 0)) throw new Error(`${name} is a number above 0`);
    return [name, Number(value)];
  });
  return { ...DEFAULT_ASSUMPTIONS, ...Object.fromEntries(given) };
}
