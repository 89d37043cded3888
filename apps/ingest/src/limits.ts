import { LIMITS } from "@dit/protocol";

/** Ingest's own bounds and waits, each with its unit and its reason. */
export const INGEST_LIMITS = {
  /** Reports worked on at once that are let in however long they take. */
  minInFlightReports: 32,
  /** Reports worked on at once, however fast that is: at 64 KiB each this is also the bound on memory. Beyond it: `overloaded`. */
  maxInFlightReports: 2_048,
  /** For a body to arrive after its headers, from an edge that has it whole. */
  bodyTimeoutMs: 10_000,
  redeemMaxItems: 64,
  /** While another batch is at ACS: short against a client's round trip, long enough to find company. While none is, nobody waits. */
  redeemMaxWaitMs: 2,
  /** While this many batches are at ACS, the next ones grow instead. */
  redeemMaxConcurrentBatches: 2,
  /** A log that takes longer is down, as far as the waiting client is concerned. */
  appendTimeoutMs: 10_000,
  confirmMaxItems: LIMITS.maxRedemptionsPerRequest,
  /** How long a confirmation waits for company: nobody waits for it. */
  confirmMaxWaitMs: 20,
  /** Beyond it the oldest are forgotten: a retry of such a report is appended again and the sink finds the copy. */
  confirmMaxQueued: 50_000,
  confirmBaseBackoffMs: 100,
  confirmMaxBackoffMs: 10_000,
} as const satisfies Record<string, number>;

export type IngestLimits = { readonly [name in keyof typeof INGEST_LIMITS]: number };
