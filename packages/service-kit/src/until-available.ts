import { setTimeout as sleep } from "node:timers/promises";
import { errorReason } from "./error-reason.ts";
import type { Logger } from "./logger.ts";
import { ProblemError } from "./problem-error.ts";

const RETRY_MS = 500;

/**
 * Does `work` again while what it needs is not there (`dependency_unavailable`): services that are started together wait for one
 * another, and say in the log and at /readyz for what. Rejects with any other failure, and when `signal` aborts.
 */
export async function untilAvailable<T>(
  work: () => Promise<T>,
  options: {
    readonly dependency: string;
    readonly signal: AbortSignal;
    readonly logger: Pick<Logger, "warn">;
    readonly retryMs?: number;
  },
): Promise<T> {
  const { dependency, signal, logger, retryMs = RETRY_MS } = options;
  let known: string | undefined;
  for (;;) {
    try {
      const result = await work();
      signal.throwIfAborted();
      return result;
    } catch (error) {
      if (!(error instanceof ProblemError && error.code === "dependency_unavailable")) throw error;
      const reason = errorReason(error);
      if (reason !== known) logger.warn("service.waiting", { dependency, reason });
      known = reason;
    }
    await sleep(retryMs, undefined, { signal });
  }
}
