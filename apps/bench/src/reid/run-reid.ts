import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { compareIncremental, type IncrementalResult } from "./compare-incremental.ts";
import { compareReid, type ReidComparison, type ReidReport } from "./compare-reid.ts";
import { runTurns } from "./run-turns.ts";

const OPTIONS = {
  rows: { type: "string" },
  turns: { type: "string", default: "3" },
  json: { type: "boolean", default: false },
  incremental: { type: "boolean", default: false },
} as const;

/** The monitor beside the exact query, or beside states kept by materialised views; false if a target is missed. */
export async function runReid(args: string[]): Promise<boolean> {
  const { rows, turns, json, incremental } = parseArgs({ args, options: OPTIONS }).values;
  if (incremental) {
    const results = await compareIncremental(Number(rows ?? 1_000_000), Number(turns));
    if (json) console.log(JSON.stringify(results));
    else printIncremental(results);
    return true;
  }
  const all = Number(rows ?? 10_000_000);
  const report = compareReid(all, await runTurns(all, Number(turns)));
  if (json) console.log(JSON.stringify(report));
  else print(report);
  return report.met;
}

function print({ rows, fields, turns, idleBytes, comparisons, errors }: ReidReport): void {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores; one window of ${rows} rows x ${fields} fields; medians of ${turns} interleaved turns, a process each; idle ${Math.round(idleBytes / 1e6)} MB\n`,
  );
  printTable(["what", "monitor", "exact", "ratio", "target", "met"], comparisons.map(lineOf));
  console.log();
  printTable(
    ["field", "values", "largest error"],
    errors.map(({ field, values, error }) => [field, String(values), `${(100 * error).toFixed(2)} %`]),
  );
}

function lineOf({ what, unit, monitor, exact, ratio, target, met }: ReidComparison): string[] {
  const figure = (value: number) => (unit === "" ? value.toFixed(4) : `${Number(value.toPrecision(3))}`);
  return [
    what,
    `${figure(monitor)} ${unit}`.trimEnd(),
    figure(exact),
    unit === "" ? "" : `${ratio.toFixed(2)}x`,
    target ?? "",
    target === undefined ? "" : met ? "yes" : "NO",
  ];
}

function printIncremental(results: readonly IncrementalResult[]): void {
  printTable(
    ["views", "ten inserts", "events", "states", "measurement"],
    results.map(({ views, insertSeconds, eventBytes, stateBytes, measureSeconds }) => [
      views,
      `${insertSeconds.toFixed(1)} s`,
      `${(eventBytes / 1e6).toFixed(1)} MB`,
      `${(stateBytes / 1e6).toFixed(1)} MB`,
      `${measureSeconds.toFixed(2)} s`,
    ]),
  );
}

function printTable(head: readonly string[], lines: readonly (readonly string[])[]): void {
  const table = [head, ...lines];
  const widthOf = (column: number) => Math.max(...table.map((line) => line[column]?.length ?? 0));
  for (const line of table)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widthOf(column) + 2))
        .join("")
        .trimEnd(),
    );
}
