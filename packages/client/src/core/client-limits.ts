/** Every bound of the client that is not the protocol's, with its reason. */
export const DEFAULT_CLIENT_LIMITS = {
  /** About a day of a busy app; the oldest go first. */
  maxQueuedEvents: 1_000,
  /** Small enough that events of one report say little by being together. */
  maxEventsPerReport: 20,
  /** Tokens held for an epoch after a fetch... */
  walletTargetTokens: 8,
  /** ...and below this many, fetch again. */
  walletLowWaterTokens: 2,
  /** Answers that ask to retry one report; being offline does not count. */
  maxAttemptsPerReport: 20,
} as const;

export type ClientLimits = { readonly [Name in keyof typeof DEFAULT_CLIENT_LIMITS]: number };
