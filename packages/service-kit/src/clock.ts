/** Wall-clock time as an argument, so that a test can hold it still. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that moves only when it is told to. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function createManualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

/** `YYYY-MM-DD`. */
export function utcDay(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, "YYYY-MM-DD".length);
}

/** Unix time in whole seconds, rounded down. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.nowMs() / 1000);
}
