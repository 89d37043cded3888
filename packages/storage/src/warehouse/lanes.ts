/** Runs operations, so many at once; the others wait in order. */
export type Lanes = <T>(operation: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** As many wait as may wait. */
export class LanesFullError extends Error {
  override readonly name = "LanesFullError";
}

/**
 * Lets at most `width` operations run at once. An operation that waits inside the engine for its connection occupies one of the
 * few threads that file and LMDB work need too. Rejects with LanesFullError if `maxWaiting` wait already; one whose signal has
 * aborted when its turn comes is not begun.
 */
export function createLanes(width: number, maxWaiting = Number.POSITIVE_INFINITY): Lanes {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (operation, signal) => {
    if (running < width) running += 1;
    else if (waiting.length >= maxWaiting) throw new LanesFullError("too many wait already");
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      signal?.throwIfAborted();
      return await operation();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
