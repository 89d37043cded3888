import type { Share } from "../measurement.ts";

/** What may be found wrong with a subject: against a threshold of the use-case document's `privacy`, or, drift, against its own past. */
export type Score = "exposed_pids" | "potential" | "linkability" | "containment" | "drift";

/**
 * `quarantined`: too few people to say anything. `fine`. `uncertain`: the upper bound passes the blocking threshold, the lower does not.
 * `warn`, `block`: the lower bound passes that threshold.
 */
export type Level = "quarantined" | "fine" | "uncertain" | "warn" | "block";

export interface Finding {
  readonly score: Score;
  readonly level: Level;
  /** Of drift: bits, and no share. */
  readonly value: Share;
  readonly threshold: Threshold;
}

/** Shares, 0 to 1; of drift: bits. */
export interface Threshold {
  readonly warn: number;
  readonly block: number;
}

const ORDER: readonly Level[] = ["quarantined", "fine", "uncertain", "warn", "block"];

export function isAtLeast(level: Level, least: Level): boolean {
  return ORDER.indexOf(level) >= ORDER.indexOf(least);
}

/** The gravest; of two alike the first. Undefined for none. */
export function gravest<T extends { readonly level: Level }>(findings: readonly T[]): T | undefined {
  return findings.toSorted((a, b) => ORDER.indexOf(b.level) - ORDER.indexOf(a.level))[0];
}
