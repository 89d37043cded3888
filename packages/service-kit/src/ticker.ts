import { setTimeout as timer } from "node:timers/promises";

export interface Ticker {
  start(): void;
  /** Aborts the signal of a running turn, and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Runs `run` again and again, each time `intervalMs` after the last turn ended (so never overlapping), the first time one interval
 * after `start`. `jitterShare` 0.2 spreads each wait over 80 to 120 % of it, so that replicas do not move in step.
 */
export function createTicker(options: {
  readonly intervalMs: number;
  readonly jitterShare?: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}): Ticker {
  const { intervalMs, jitterShare = 0, run, onError, random = Math.random, sleep = sleepFor } = options;
  let turning: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;

  const turn = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await sleep(intervalMs * (1 + jitterShare * (2 * random() - 1)), signal);
        if (!signal.aborted) await run(signal);
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
    }
  };
  return {
    start() {
      if (turning !== undefined) return;
      const controller = new AbortController();
      turning = { controller, done: turn(controller.signal) };
    },
    async stop() {
      turning?.controller.abort();
      await turning?.done;
      turning = undefined;
    },
  };
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await timer(ms, undefined, { signal });
}
