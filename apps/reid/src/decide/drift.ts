import type { Measurement } from "../measurement.ts";
import type { Finding } from "./finding.ts";

/** Windows of a series that a new one is compared with. */
export const HISTORY_WINDOWS = 28;
const MIN_HISTORY_WINDOWS = 7;
/** Twice as many values, or half: less is a quiet day or a busy one. */
const MIN_DRIFT_BITS = 1;
/** Of the median absolute deviation, scaled to a standard deviation: six of them. */
const MAX_DEVIATIONS = 6;
const MAD_TO_SIGMA = 1.4826;

/** A finding to look at; it never blocks. */
export function judgeDrift(bits: number | undefined): Finding {
  const size = Math.abs(bits ?? 0);
  return {
    score: "drift",
    level: bits === undefined ? "fine" : "warn",
    value: { share: size, lower: size, upper: size, sample: 1 },
    threshold: { warn: MIN_DRIFT_BITS, block: Number.POSITIVE_INFINITY },
  };
}

export type Series = Pick<Measurement, "values" | "entropyBits">;

/**
 * By how many bits a subject's entropy or number of values is off from what it has been, if that is more than its own ups and downs
 * explain; undefined if not. A series is one version of the document: a changed field is expected to differ.
 */
export function driftOf(now: Series, history: readonly Series[]): number | undefined {
  const recent = history.slice(-HISTORY_WINDOWS);
  if (recent.length < MIN_HISTORY_WINDOWS) return undefined;
  const bits = [
    ({ entropyBits }: Series) => entropyBits,
    ({ values }: Series) => Math.log2(Math.max(1, values)),
  ];
  const drifts = bits.map((measure) => {
    const past = recent.map(measure);
    const usual = median(past);
    const deviation = MAD_TO_SIGMA * median(past.map((value) => Math.abs(value - usual)));
    const drift = measure(now) - usual;
    return Math.abs(drift) > Math.max(MIN_DRIFT_BITS, MAX_DEVIATIONS * deviation) ? drift : 0;
  });
  return drifts.find((drift) => drift !== 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
