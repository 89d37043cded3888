/**
 * Lets at most `width` operations run at once, the others wait in order. An operation that waits inside the
 * engine for its connection occupies one of the few threads that file and LMDB work need too.
 */
export function createLanes(width: number): <T>(operation: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (operation) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await operation();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
