import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import type { Measured } from "./measured-field.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const DAY_SECONDS = 86_400;
/** No further turn is begun that would end later than this. */
const MAX_MS = 300_000;

/** Both ways on the same stored table, one right after the other. */
export interface Turn {
  readonly monitor: Measured;
  readonly exact: Measured;
}

export interface Turns {
  /** A child that opens the table and measures nothing. */
  readonly idle: Measured;
  readonly turns: readonly Turn[];
}

type Measure = (way: "idle" | "monitor" | "exact") => Promise<Measured>;

/** Fills one window that is over with so many rows, to be measured in either way, each time in a process of its own. */
export function withFilledWindow<T>(rows: number, work: (measure: Measure) => Promise<T>): Promise<T> {
  return inTemporaryDirectory(async (path) => {
    const window = Math.floor(Date.now() / 1_000 / DAY_SECONDS) - 1;
    const run = (step: string) => runChild([step, path, String(window), String(rows)]);
    await run("fill");
    return work(async (way) => JSON.parse(await run(way)) as Measured);
  });
}

/** Measures a window of so many rows either way, at most so many times. */
export function runTurns(rows: number, mostTurns: number): Promise<Turns> {
  return withFilledWindow(rows, async (measure) => {
    const idle = await measure("idle");
    const turns: Turn[] = [];
    const startedAtMs = performance.now();
    const wouldEndAtMs = () => ((performance.now() - startedAtMs) / turns.length) * (turns.length + 1);
    do {
      // Who is first has the colder files.
      const early = turns.length % 2 === 0 ? undefined : await measure("exact");
      const monitor = await measure("monitor");
      turns.push({ monitor, exact: early ?? (await measure("exact")) });
    } while (turns.length < mostTurns && wouldEndAtMs() < MAX_MS);
    return { idle, turns };
  });
}

async function runChild(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, ...args], { maxBuffer: 2 ** 24 });
  return stdout;
}
