/** Every time of the client, in milliseconds, with its reason. Those of tokens shrink by themselves in short epochs. */
export const DEFAULT_TIMING = {
  /** Reports leave at most this often, so that an upload says little about when its events happened... */
  flushIntervalMs: 5 * 60_000,
  /** ...and each waits this much longer at most, drawn anew every time. */
  ditherMs: 5 * 60_000,
  /** A token this young is not used: an upload right after an issuance would tie the two. At most a tenth of an epoch. */
  minTokenAgeMs: 60_000,
  /** Tokens that run low are fetched this much later at most, away from the upload that used them. At most a tenth of an epoch. */
  tokenFetchDitherMs: 60_000,
  /** The next epoch's tokens are fetched at a random time this long before it at most. At most an epoch. */
  fetchAheadMs: 24 * 3_600_000,
  /** The key document is asked for again after this, and so is a use case that was switched off. */
  keysMaxAgeMs: 3_600_000,
  /** Logged events reach the store after this, many in one write. */
  saveDelayMs: 1_000,
  /** A retry waits a random time up to base x 2^failures, and never more than the cap ("full jitter"). */
  backoffBaseMs: 5_000,
  backoffCapMs: 3_600_000,
  /** The longest `Retry-After` that is obeyed; a longer one counts as this. */
  retryAfterCapMs: 86_400_000,
  /** A request, answer read, or `account()`. */
  requestTimeoutMs: 30_000,
} as const;

export type Timing = { readonly [Name in keyof typeof DEFAULT_TIMING]: number };
