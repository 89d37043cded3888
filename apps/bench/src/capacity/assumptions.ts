/** What a population does and how a deployment is run: an operator's own numbers in place of these change the table. */
export const DEFAULT_ASSUMPTIONS = {
  /** The SDK fetches once for each epoch, a day. */
  issueRequestsPerClientDay: 1,
  /** The SDK's `walletTargetTokens`. */
  tokensPerIssueRequest: 8,
  reportsPerClientDay: 8,
  /** The SDK's `maxEventsPerReport`. */
  eventsPerReport: 20,
  /** Reports that share a token: the SDK uses one up before the next. */
  reportsPerToken: 8,
  /** The busiest hour's rate, against the day's mean. */
  peakFactor: 3,
  /** Share of a core that may be in use at the peak. */
  coreUtilisation: 0.6,
  /** A token's counter lives for its epoch, its grace and a margin: 1 day, 1 hour, 10 minutes. */
  counterDays: 1.05,
  /** The quotas of this epoch and of the next, whose tokens are fetched ahead. */
  quotaEpochs: 2,
  /** A primary and a replica. */
  redisCopies: 2,
  kafkaReplicas: 3,
  logRetentionDays: 1,
  warehouseReplicas: 2,
  /** The use case's `retentionDays`. */
  retentionDays: 90,
} as const;

export type Assumptions = { readonly [Name in keyof typeof DEFAULT_ASSUMPTIONS]: number };
