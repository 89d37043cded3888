import { ProblemError } from "./problem-error.ts";

/** Bounds how many reports are worked on at once, and with them every queue and buffer behind it. */
export interface InFlightGate {
  /** Throws ProblemError `overloaded` at once if the gate is full: waiting outside would be one more queue. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  readonly inFlight: number;
}

export function createInFlightGate(maxInFlight: number): InFlightGate {
  let inFlight = 0;
  return {
    get inFlight() {
      return inFlight;
    },
    async pass(work) {
      if (inFlight >= maxInFlight) throw new ProblemError("overloaded", { retryAfterSeconds: 1 });
      inFlight++;
      try {
        return await work();
      } finally {
        inFlight--;
      }
    },
  };
}
