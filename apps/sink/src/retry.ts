import { setTimeout as sleep } from "node:timers/promises";

/**
 * Does `work` until it succeeds. Rejects only with the last failure, once `signal` has aborted: nothing here is ever given up for
 * being hard, since every record was acknowledged.
 */
export async function untilDone<T>(
  work: () => Promise<T>,
  options: {
    readonly signal: AbortSignal;
    readonly minMs: number;
    readonly maxMs: number;
    readonly onFailure: (error: unknown, failures: number) => void;
  },
): Promise<T> {
  const { signal, minMs, maxMs, onFailure } = options;
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      onFailure(error, failures);
      if (signal.aborted) throw error;
      await sleep(Math.min(maxMs, minMs * 2 ** (failures - 1)), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw error;
    }
  }
}
