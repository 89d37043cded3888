interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that moves only when told to, with the timers that hang on it. */
export function createManualClock(startMs: number) {
  let now = startMs;
  const timers = new Set<Timer>();
  return {
    nowMs: () => now,
    /** Without running anything: also backwards. */
    set(ms: number): void {
      now = ms;
    },
    setTimer(run: () => void, delayMs: number): unknown {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return timer;
    },
    clearTimer(timer: unknown): void {
      timers.delete(timer as Timer);
    },
    timersMs: () => [...timers].map(({ at }) => at - now).sort((a, b) => a - b),
    /** Moves on, stopping at every timer that becomes due and waiting until its work is done. */
    async advance(ms: number, settle: () => Promise<void>): Promise<void> {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = end;
    },
  };
}
