import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a condition; throws what is wrong if it does not come true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  otherwise: string,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${otherwise} within ${withinMs} ms`);
    await sleep(50);
  }
}
