import type { ConcurrencyLimit } from "../src/concurrency-limit.ts";

/** One kind of load for some seconds, on a worker that does one thing at a time. */
export interface Phase {
  readonly seconds: number;
  readonly ratePerSecond: number;
  /** Mean of what each takes of the worker; the times vary, and so do those between two arrivals. */
  readonly serviceMs: number;
  /** Every one takes just the mean. */
  readonly isEven?: boolean;
  /** What each takes besides, at the same time as all others: a store's answer. */
  readonly besidesMs?: number;
}

export interface PhaseResult {
  readonly acceptedPerSecond: number;
  readonly shedShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Plays phases one after another against a limit, in a time of its own. `settleSeconds` at each one's beginning are not looked at. */
export function playPhases(
  limit: ConcurrencyLimit,
  phases: readonly Phase[],
  settleSeconds = 0,
): PhaseResult[] {
  const random = seededRandom(1);
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  const underWay: { readonly doneMs: number; readonly latencyMs: number }[] = [];
  let nowMs = 0;
  let workerFreeMs = 0;
  const finishUntil = (untilMs: number): void => {
    underWay.sort((a, b) => a.doneMs - b.doneMs);
    for (let [first] = underWay; first !== undefined && first.doneMs <= untilMs; [first] = underWay) {
      limit.observe({ latencyMs: first.latencyMs, inFlight: underWay.length, nowMs: first.doneMs });
      underWay.shift();
    }
  };
  return phases.map(({ seconds, ratePerSecond, serviceMs, isEven = false, besidesMs = 0 }) => {
    const startedMs = nowMs;
    const latencies: number[] = [];
    let shed = 0;
    for (; nowMs < startedMs + seconds * 1_000; nowMs += exponential(1_000 / ratePerSecond)) {
      finishUntil(nowMs);
      const isLookedAt = nowMs >= startedMs + settleSeconds * 1_000;
      if (underWay.length >= limit.current) {
        if (isLookedAt) shed++;
        continue;
      }
      workerFreeMs = Math.max(nowMs, workerFreeMs) + (isEven ? serviceMs : exponential(serviceMs));
      const latencyMs = workerFreeMs + besidesMs - nowMs;
      underWay.push({ doneMs: nowMs + latencyMs, latencyMs });
      if (isLookedAt) latencies.push(latencyMs);
    }
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
    return {
      acceptedPerSecond: latencies.length / (seconds - settleSeconds),
      shedShare: shed / (shed + latencies.length),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    };
  });
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
