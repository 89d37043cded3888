import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";

/** Takes what an answer's `date` header says, and when its question was sent. */
export type ObserveDate = (date: string | null, askedAtMs: number) => void;

/** The header has whole seconds, rounded down: half of one is what it lacks on average. */
const ROUNDED_OFF_MS = 500;

/**
 * ACS's clock against this one's, by the `date` of its answers: good to about a second. Without the header (one process calls
 * another's handler directly, by one clock) there is no figure.
 */
export function createAcsClockSkewMetric(metrics: Metrics, clock: Clock): ObserveDate {
  const skew = metrics.gauge(
    "acs_clock_skew_seconds",
    "The clock of ACS minus the clock of this service, to about a second",
  );
  return (date, askedAtMs) => {
    const saidMs = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(saidMs)) return;
    skew.set((saidMs + ROUNDED_OFF_MS - (askedAtMs + clock.nowMs()) / 2) / 1000);
  };
}
