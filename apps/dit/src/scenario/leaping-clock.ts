import type { Clock } from "@dit/service-kit";

/** The machine's clock, some time off: it goes on by itself, and leaps when it is told to. */
export interface LeapingClock extends Clock {
  /** From the machine's. */
  offsetMs(): number;
  leapTo(unixMs: number): void;
}

export function createLeapingClock(machine: Clock, startMs: number): LeapingClock {
  let offsetMs = 0;
  const leapTo = (unixMs: number) => {
    offsetMs = unixMs - machine.nowMs();
  };
  leapTo(startMs);
  return { nowMs: () => machine.nowMs() + offsetMs, offsetMs: () => offsetMs, leapTo };
}
