/** How many requests ACS works on at once, by kind. Beyond it: `overloaded`. */
export const ACS_LIMITS = {
  /** Let in however long they take. Each is some milliseconds of one core; clients fetch ahead, and can come again. */
  minInFlightIssuances: 16,
  maxInFlightIssuances: 256,
  /** Batches of ingests, small and large, of which each has three under way at most: its clients wait for them. */
  minInFlightRedemptions: 32,
  maxInFlightRedemptions: 256,
} as const satisfies Record<string, number>;

export type AcsLimits = { readonly [name in keyof typeof ACS_LIMITS]: number };
