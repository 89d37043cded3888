import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Measured, MeasuredField } from "./measured-field.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const DAY_SECONDS = 86_400;

/** Times as fast as the exact query, of its memory, and off from it. */
const TARGETS = { speed: 1, memory: 0.2, error: 0.05 } as const;

/** The re-identification monitor beside the exact answer, on two windows of so many rows and ten fields; false if a target is missed. */
export async function compareReid(rows: number): Promise<boolean> {
  const path = await mkdtemp(join(tmpdir(), "dit-bench-reid-"));
  try {
    const run = (step: string) => runChild([step, path, String(windowBefore(Date.now())), String(rows)]);
    await run("fill");
    const ours = JSON.parse(await run("monitor")) as Measured;
    const exact = JSON.parse(await run("exact")) as Measured;
    return report(rows, ours, exact);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Two windows that are over. */
function windowBefore(nowMs: number): number {
  return Math.floor(nowMs / 1_000 / DAY_SECONDS) - 1;
}

async function runChild(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, ...args], { maxBuffer: 2 ** 24 });
  return stdout;
}

function report(rows: number, ours: Measured, exact: Measured): boolean {
  const speed = exact.seconds / ours.seconds;
  const memory = ours.peakBytes / exact.peakBytes;
  const errors = exact.fields.map((field) => errorOf(ours.fields.find(isOf(field)), field));
  const error = Math.max(...errors.map(({ largest }) => largest));
  console.log(
    `re-identification: two windows of ${rows} rows x ${exact.fields.length} fields, beside GROUP BY value with uniqExact(pid)`,
  );
  console.log(
    `  time    ${ours.seconds.toFixed(1)} s, exact ${exact.seconds.toFixed(1)} s: ${speed.toFixed(1)}x (target >= ${TARGETS.speed}x)`,
  );
  console.log(
    `  cpu     ${ours.cpuSeconds.toFixed(1)} s, exact ${exact.cpuSeconds.toFixed(1)} s: ${(exact.cpuSeconds / ours.cpuSeconds).toFixed(1)}x`,
  );
  console.log(
    `  memory  ${megabytes(ours)} MB, exact ${megabytes(exact)} MB: ${memory.toFixed(2)}x (target <= ${TARGETS.memory}x)`,
  );
  console.log(`  error   at most ${(100 * error).toFixed(2)} % (target <= ${100 * TARGETS.error} %)`);
  for (const { field, largest, values } of errors)
    console.log(`    ${field.padEnd(16)} ${(100 * largest).toFixed(2).padStart(5)} %, ${values} values`);
  return speed >= TARGETS.speed && memory <= TARGETS.memory && error <= TARGETS.error;
}

function isOf({ field }: MeasuredField) {
  return (other: MeasuredField) => other.field === field;
}

/** Counts and bits relative to the exact ones; shares, which are compared with thresholds, as they are. */
function errorOf(ours: MeasuredField | undefined, exact: MeasuredField) {
  if (ours === undefined) return { ...exact, largest: 1 };
  const errors = [
    ours.values / exact.values - 1,
    ours.entropyBits / exact.entropyBits - 1,
    ours.unique - exact.unique,
    ours.rare - exact.rare,
    ours.exposedPids - exact.exposedPids,
  ];
  return { ...exact, largest: Math.max(...errors.map(Math.abs)) };
}

function megabytes({ peakBytes }: Measured): number {
  return Math.round(peakBytes / 1e6);
}
