/**
 * How many may be worked on at once, found out by how long work takes: as many as keep the service busy, and no more. Every one beyond
 * that only waits, and makes all others wait.
 *
 * The sign of too many is a standing queue (CoDel, RFC 8289): over a whole window not even the fastest piece of work came through in about the
 * time that it takes on its own. A burst is none, since it drains within the window.
 */
export interface ConcurrencyLimit {
  readonly current: number;
  /** A piece of work succeeded: how long it took, how many were worked on (itself included), and the time, by a clock that never goes back. */
  observe(done: { readonly latencyMs: number; readonly inFlight: number; readonly nowMs: number }): void;
}

export interface ConcurrencyBounds {
  /** Let in however long work takes: what a slow dependency, or a noisy machine, leaves. `max`, where that is less. */
  readonly min: number;
  /** Never more: the bound on memory. */
  readonly max: number;
}

const WINDOW_MS = 100;
/** The fastest of fewer says little; where work is rare a window lasts until they are there. */
const WINDOW_MIN_SAMPLES = 5;
/** The fastest of the last one to two of these is what work takes on its own. A store that gets slower for good looks like a queue for as long. */
const MEMORY_MS = 10_000;
/** Beyond half as long again and this, work waits. A garbage collection alone is some milliseconds. */
const TOLERATED_RATIO = 1.5;
const TOLERATED_MS = 10;
/** In one window. */
const LARGEST_CUT = 0.25;
const LARGEST_GROWTH = 0.2;
/** It grows only when nearly used up: what is not used says nothing about whether there is room for more. */
const USED_SHARE = 0.8;
/** Before anything is known, and when it is too long ago to go by: room for a burst. */
const UNKNOWN = 32;

export function createConcurrencyLimit({ min, max }: ConcurrencyBounds): ConcurrencyLimit {
  const within = (limit: number) => Math.min(max, Math.max(min, limit));
  let current = within(UNKNOWN);
  let window = emptyWindow(0);
  let memory = emptyMemory(0, Number.POSITIVE_INFINITY);
  let heldBack: number | undefined;
  let wasStanding = false;

  function adjust(fastestMs: number, peakInFlight: number): void {
    const aloneMs = Math.min(memory.fastestMs, memory.earlierMs);
    const toleratedMs = TOLERATED_RATIO * aloneMs + TOLERATED_MS;
    const isStanding = fastestMs > toleratedMs;
    const stoodBefore = isStanding && wasStanding;
    wasStanding = isStanding;
    if (isStanding) {
      // At first it only grows no longer: the processor may have been elsewhere, and that queue is gone with the next window.
      const cut = stoodBefore ? Math.max(LARGEST_CUT, toleratedMs / fastestMs) : 1;
      current = within(Math.floor(Math.min(current, peakInFlight) * cut));
    } else if (peakInFlight > current * USED_SHARE) {
      // Slower the nearer it comes, so that it does not overshoot.
      const room = (toleratedMs - fastestMs) / (toleratedMs - aloneMs);
      current = within(Math.ceil(current * (1 + LARGEST_GROWTH * room ** 3)));
    }
  }

  function closeWindow(nowMs: number): void {
    const { fastestMs, peakInFlight } = window;
    window = emptyWindow(nowMs);
    memory.fastestMs = Math.min(memory.fastestMs, fastestMs);
    memory.windows++;
    if (peakInFlight >= current) memory.fullWindows++;
    if (heldBack === undefined) adjust(fastestMs, peakInFlight);
    else current = heldBack;
    heldBack = undefined;
    if (nowMs - memory.sinceMs >= MEMORY_MS) forget(nowMs);
  }

  function forget(nowMs: number): void {
    if (memory.fullWindows * 2 > memory.windows) {
      // Work that was never alone must be for a moment, or each queue would be the next one's measure.
      heldBack = current;
      current = within(min);
    } else current = within(Math.max(current, UNKNOWN));
    memory = emptyMemory(nowMs, memory.fastestMs);
  }

  return {
    get current() {
      return current;
    },
    observe({ latencyMs, inFlight, nowMs }) {
      window.samples++;
      window.fastestMs = Math.min(window.fastestMs, latencyMs);
      window.peakInFlight = Math.max(window.peakInFlight, inFlight);
      if (window.samples >= WINDOW_MIN_SAMPLES && nowMs - window.sinceMs >= WINDOW_MS) closeWindow(nowMs);
    },
  };
}

function emptyWindow(sinceMs: number) {
  return { sinceMs, samples: 0, fastestMs: Number.POSITIVE_INFINITY, peakInFlight: 0 };
}

function emptyMemory(sinceMs: number, earlierMs: number) {
  return { sinceMs, earlierMs, fastestMs: Number.POSITIVE_INFINITY, windows: 0, fullWindows: 0 };
}
