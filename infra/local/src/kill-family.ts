import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 5;

/**
 * SIGKILL to a process and its children, and waits until these are gone. A server that is killed alone leaves children that
 * still write for a moment, and that its next start would trip over.
 */
export async function killFamily(pid: number): Promise<void> {
  // Stopped, it has no more of them.
  process.kill(pid, "SIGSTOP");
  while (!"TZX".includes(await stateOf(pid))) await sleep(LOOK_EVERY_MS);
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const children = list.split(" ").map(Number).filter(Boolean);
  for (const each of [pid, ...children]) signal(each, "SIGKILL");
  for (const child of children) while (!"ZX".includes(await stateOf(child))) await sleep(LOOK_EVERY_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** As in proc(5). A zombie has ended: who adopted it has not asked how. */
async function stateOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") X");
  return /\) (\w)/.exec(status)?.[1] ?? "X";
}
