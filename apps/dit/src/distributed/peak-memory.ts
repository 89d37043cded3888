import { readFile } from "node:fs/promises";

const KIB = 1_024;

/** The most that these processes ever had in memory, each at its own time, added up; those that are gone count 0. */
export async function peakMemoryBytes(pids: readonly number[]): Promise<number> {
  const peaks = await Promise.all(pids.map(peakOf));
  return peaks.reduce((sum, bytes) => sum + bytes, 0);
}

async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIB;
}
