/**
 * Every bound of the protocol with its unit in its name and its reason beside it. A use case may ask for less, never
 * for more.
 */
export const LIMITS = {
  /** One batch, one proof: large enough to amortise the proof, small enough that one request stays under 10 ms of server CPU. */
  maxTokensPerIssueRequest: 128,
  /** 128 elements of 43 characters in JSON, with room for whitespace. */
  maxIssueBodyBytes: 16 * 1024,
  /** Uses of one token are linkable to each other; 256 is where that group stops being small. */
  maxUsesPerToken: 256,
  /** A report as sent (compressed): what one mobile radio wake-up carries comfortably. */
  maxReportBodyBytes: 64 * 1024,
  /** The same report decompressed: bounds what a gzip bomb can cost. */
  maxReportDecompressedBytes: 512 * 1024,
  maxEventsPerReport: 500,
  maxFieldsPerEvent: 64,
  maxEventsPerUseCase: 64,
  /** Free text re-identifies; longer strings need a different design, not a higher limit. */
  maxStringFieldLength: 256,
  maxEnumValues: 256,
  /** The credential header: `v1.` + version + epoch + two 43-character parts. */
  maxCredentialHeaderLength: 160,
  /** Ingest collects this many redemptions into one request to ACS. */
  maxRedemptionsPerRequest: 256,
  maxRedeemBodyBytes: 128 * 1024,
  maxUseCaseDocumentBytes: 256 * 1024,
  /** Client pseudonyms are 16 random bytes. */
  pseudonymBytes: 16,
  /** Offline clients may hold events this long; older ones are dropped and counted. */
  maxEventAgeSeconds: 30 * 86_400,
  /** Client clocks run ahead; beyond this the event is dropped and counted. */
  maxEventAheadSeconds: 86_400,
} as const;
