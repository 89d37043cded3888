import type { BoxSample } from "./box.ts";
import type { Summary } from "./summarize.ts";

/** One rate for some seconds, seen from outside and from inside. */
export interface Step extends Summary, BoxSample {
  readonly name: string;
}

export interface Measured {
  readonly kneePerSecond: number;
  readonly before: Step;
  readonly overload: Step;
  readonly after: Step;
  readonly recoverySeconds: number | undefined;
}

export interface Target {
  readonly what: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** Refused at twice the knee: if it is less, the knee was not found, and nothing else says anything. */
const LEAST_REFUSED_SHARE = 0.2;
const TARGETS = {
  p99Ratio: 2,
  recoverySeconds: 10,
  acceptedShareOfKnee: 0.7,
  memoryGrowthBytes: 256 * 2 ** 20,
};

/** Everything that is promised for a load of twice the knee, in relation to the same run's other steps. */
export function judge({ kneePerSecond, before, overload, after, recoverySeconds }: Measured): Target[] {
  const p99Ratio = overload.acceptedP99Ms / before.acceptedP99Ms;
  const acceptedShare = overload.acceptedPerSecond / kneePerSecond;
  const growthBytes = Math.max(overload.peakRssBytes, after.peakRssBytes) - before.peakRssBytes;
  const statuses = Object.keys(overload.refusedPerSecond);
  const isShedding = statuses.length > 0 && statuses.every((status) => status === "503" || status === "429");
  const refusedShare = 1 - overload.acceptedShare;
  return [
    {
      what: `twice the knee is too much: at least ${100 * LEAST_REFUSED_SHARE} % are refused`,
      measured: `${(100 * refusedShare).toFixed(0)} %`,
      isMet: refusedShare >= LEAST_REFUSED_SHARE,
    },
    {
      what: "what is too much is answered 503 or 429, and when to come back",
      measured: `${statuses.join(", ") || "nothing refused"}; ${overload.withoutRetryAfter} without Retry-After, ${overload.unanswered} unanswered`,
      isMet: isShedding && overload.withoutRetryAfter === 0 && overload.unanswered === 0,
    },
    {
      what: `p99 of what is accepted is below ${TARGETS.p99Ratio}x that at 70 % of the knee`,
      measured: `${p99Ratio.toFixed(2)}x`,
      isMet: p99Ratio < TARGETS.p99Ratio,
    },
    {
      what: `at least ${TARGETS.acceptedShareOfKnee} of the knee is still accepted`,
      measured: acceptedShare.toFixed(2),
      isMet: acceptedShare >= TARGETS.acceptedShareOfKnee,
    },
    {
      what: `as before within ${TARGETS.recoverySeconds} s`,
      measured: recoverySeconds === undefined ? "not seen" : `${recoverySeconds} s`,
      isMet: recoverySeconds !== undefined && recoverySeconds <= TARGETS.recoverySeconds,
    },
    {
      what: `memory grows by ${TARGETS.memoryGrowthBytes / 2 ** 20} MiB at most`,
      measured: `${Math.round(growthBytes / 2 ** 20)} MiB`,
      isMet: growthBytes <= TARGETS.memoryGrowthBytes,
    },
  ];
}
