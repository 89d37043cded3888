import { LIMITS } from "@dit/protocol";

export type EventTimeFault = "too_old" | "too_far_ahead";

/** Why an event's time is not stored, or undefined. Clients hold events while offline, and their clocks run ahead: both within limits. */
export function eventTimeFault(atSeconds: number, nowSeconds: number): EventTimeFault | undefined {
  if (atSeconds < nowSeconds - LIMITS.maxEventAgeSeconds) return "too_old";
  return atSeconds > nowSeconds + LIMITS.maxEventAheadSeconds ? "too_far_ahead" : undefined;
}

/** Clients coarsen too; doing it again means that no client can leave its times fine. */
export function coarsenedTime(atSeconds: number, granularitySeconds: number): number {
  return atSeconds - (atSeconds % granularitySeconds);
}
