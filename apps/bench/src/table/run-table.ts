import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { failed, judge, type RowResult } from "./judge.ts";
import { machineLine, readMachine } from "./machine.ts";
import type { Row } from "./row.ts";
import { tableLines } from "./table-lines.ts";

export interface TableIo {
  /** The table. */
  readonly print: (line: string) => void;
  /** What is being done. */
  readonly say: (line: string) => void;
}

/**
 * `[NAME...] [--json FILE]`: measures rows one after another, prints the table, and writes it with every turn. Answers with false if a
 * target is missed, or a row failed.
 */
export async function runTable(rows: readonly Row[], args: readonly string[], io: TableIo): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: "string" } },
    allowPositionals: true,
  });
  const asked = askedFor(rows, positionals);
  const machine = await readMachine();
  const results: RowResult[] = [];
  for (const [index, row] of asked.entries()) {
    io.say(`${index + 1}/${asked.length} ${row.name}: ${row.what}`);
    results.push(await resultOf(row));
  }
  io.print(`${machineLine(machine)}\nmedians of interleaved turns\n`);
  for (const line of tableLines(results)) io.print(line);
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  }
  return results.every(({ outcome }) => outcome === "met" || outcome === "not measured");
}

/** All if none is named. */
function askedFor(rows: readonly Row[], names: readonly string[]): readonly Row[] {
  const unknown = names.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no row ${unknown}; there are ${rows.map(({ name }) => name).join(", ")}`);
  }
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name));
}

/** One row's failure is no reason to lose what the others measured. */
async function resultOf(row: Row): Promise<RowResult> {
  try {
    return judge(row, await row.measure());
  } catch (error) {
    return failed(row, error);
  }
}
