import { setTimeout as sleep } from "node:timers/promises";
import { KafkaError } from "./kafka-error.ts";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Before an attempt that follows so many failures. */
export function pauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}

/** Does `work` again while that may help and there is time; rejects with its last failure. */
export async function retryTransient<T>(work: () => Promise<T>, forMs: number): Promise<T> {
  const deadlineMs = performance.now() + forMs;
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      const isWorthIt = error instanceof KafkaError && error.isTransient;
      if (!isWorthIt || performance.now() + pauseMs(failures) >= deadlineMs) throw error;
      await sleep(pauseMs(failures));
    }
  }
}
