import { readdir, readFile } from "node:fs/promises";

const NANOSECONDS_PER_SECOND = 1e9;

/**
 * Processor time that a process has used so far, user and system: what the scheduler gave each of its threads, in nanoseconds. (`stat` counts
 * hundredths of a second, in which a small Redis does a thousand things.) Threads that have ended meanwhile are not in it.
 */
export async function processorSeconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const given = await Promise.all(threads.map((thread) => nanosecondsOf(`/proc/${pid}/task/${thread}`)));
  return given.reduce((total, nanoseconds) => total + nanoseconds, 0) / NANOSECONDS_PER_SECOND;
}

/** 0 for one that has just ended. */
async function nanosecondsOf(thread: string): Promise<number> {
  const text = await readFile(`${thread}/schedstat`, "utf8").catch(() => "0");
  return Number(text.split(" ", 1)[0]);
}
