import { setTimeout as sleep } from "node:timers/promises";
import type { OutageLog } from "./outage-log.ts";
import { ProblemError } from "./problem-error.ts";

const RETRY_MS = 500;

/**
 * Does `work` again while what it needs is not there (`dependency_unavailable`): services that are started together wait for one
 * another, and say at /readyz for what. Rejects with any other failure, and when `signal` aborts.
 */
export async function untilAvailable<T>(
  work: () => Promise<T>,
  options: { readonly signal: AbortSignal; readonly outage: OutageLog; readonly retryMs?: number },
): Promise<T> {
  const { signal, outage, retryMs = RETRY_MS } = options;
  for (;;) {
    try {
      const result = await work();
      signal.throwIfAborted();
      outage.worked();
      return result;
    } catch (error) {
      if (!(error instanceof ProblemError && error.code === "dependency_unavailable")) throw error;
      outage.failed(error);
    }
    await sleep(retryMs, undefined, { signal });
  }
}
