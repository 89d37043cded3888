/** By when something has to be done, on the process's own clock. */
export interface Deadline {
  readonly leftMs: number;
}

export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

export function deadlineIn(timeoutMs: number): Deadline {
  const atMs = performance.now() + timeoutMs;
  return {
    get leftMs() {
      return Math.max(0, atMs - performance.now());
    },
  };
}

/** Rejects with DeadlineError if `work` is not done in time. What `work` does later is nobody's. */
export async function within<T>(deadline: Deadline, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`${what} took too long`)), deadline.leftMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
