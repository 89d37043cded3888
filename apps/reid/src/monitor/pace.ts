/** A run that takes a minute is followed by nine of rest: whoever asks the warehouse besides comes first. */
const REST_PER_RUN = 9;
/** Three runs may fail. */
const FORGET_AFTER_RUNS = 4;

/** From the end of a run to the start of the next. */
export function restAfterMs(tookMs: number, intervalMs: number): number {
  return Math.max(intervalMs, REST_PER_RUN * tookMs);
}

/** How long what was said is to hold unless it is said again: an alert whose monitor died would else never end. */
export function forgetAfterSeconds(tookMs: number, intervalMs: number): number {
  return Math.ceil((FORGET_AFTER_RUNS * (tookMs + restAfterMs(tookMs, intervalMs))) / 1_000);
}
