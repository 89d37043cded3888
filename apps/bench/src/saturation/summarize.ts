import type { Shot } from "./open-loop.ts";

const ACCEPTED = 202;

/** What a step looked like from outside. */
export interface Summary {
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly acceptedShare: number;
  readonly acceptedP50Ms: number;
  readonly acceptedP99Ms: number;
  readonly refusedPerSecond: Readonly<Record<number, number>>;
  readonly refusedP99Ms: number;
  /** Refusals that do not say when to come back. */
  readonly withoutRetryAfter: number;
  readonly unanswered: number;
}

export function summarize(shots: readonly Shot[], seconds: number): Summary {
  const isAccepted = ({ status }: Shot) => status === ACCEPTED;
  const accepted = shots.filter(isAccepted);
  const answered = shots.filter(({ status }) => status !== 0);
  const refused = answered.filter((shot) => !isAccepted(shot));
  const byStatus = Map.groupBy(refused, ({ status }) => status);
  return {
    offeredPerSecond: shots.length / seconds,
    acceptedPerSecond: accepted.length / seconds,
    acceptedShare: accepted.length / shots.length,
    acceptedP50Ms: percentileMs(accepted, 0.5),
    acceptedP99Ms: percentileMs(accepted, 0.99),
    refusedPerSecond: Object.fromEntries(
      [...byStatus].map(([status, { length }]) => [status, length / seconds]),
    ),
    refusedP99Ms: percentileMs(refused, 0.99),
    withoutRetryAfter: refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    unanswered: shots.length - answered.length,
  };
}

/** How long a run of good seconds must be: one alone may be luck. */
const GOOD_SECONDS = 3;
const LEAST_SHARE_AS_BEFORE = 0.99;

/**
 * Seconds until it is again as `before`: the first second of three that have, together, as large a share accepted (but for one
 * in a hundred) and a p99 below twice that. Undefined if there are none.
 */
export function recoverySeconds(shots: readonly Shot[], before: Summary): number | undefined {
  const lastMs = Math.max(...shots.map(({ dueMs }) => dueMs));
  for (let second = 0; (second + GOOD_SECONDS) * 1_000 <= lastMs + 1_000; second++) {
    const fromMs = second * 1_000;
    const some = shots.filter(({ dueMs }) => dueMs >= fromMs && dueMs < fromMs + GOOD_SECONDS * 1_000);
    const { acceptedShare, acceptedP99Ms } = summarize(some, GOOD_SECONDS);
    const isShareBack = acceptedShare >= before.acceptedShare * LEAST_SHARE_AS_BEFORE;
    if (isShareBack && acceptedP99Ms < 2 * before.acceptedP99Ms) return second;
  }
  return undefined;
}

/** NaN of none. */
function percentileMs(shots: readonly Shot[], share: number): number {
  const sorted = shots.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
