/** The edge's own bounds and waits, each with its unit and its reason. */
export const EDGE_LIMITS = {
  /** Steady requests of one address: one household or one office behind a NAT, not one client. */
  ratePerSecond: 50,
  /** What an address may send at once after a pause. */
  rateBurst: 200,
  /** Addresses remembered at once; beyond it the least recently seen is forgotten. About 100 bytes each. */
  maxRateLimitedAddresses: 100_000,
  /** Reports on their way to ingest at once that are let in however long they take. */
  minInFlightRequests: 32,
  /** Reports on their way to ingest at once, however fast they are answered. Beyond it: `overloaded`. */
  maxInFlightRequests: 2_048,
  /** For a body to arrive after its headers, on a slow mobile link. */
  bodyTimeoutMs: 15_000,
  headersTimeoutMs: 10_000,
  /** For a whole request: longer than its parts, so that they answer with a problem document first. */
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 5_000,
  /** The three headers of the protocol fit in 1 KiB; browsers add several. */
  maxHeaderBytes: 8 * 1024,
  /** Each may hold one body of 64 KiB, so this is the bound on memory: 512 MiB, if every one of them is hostile. */
  maxConnections: 8_192,
  upstreamConnections: 64,
  upstreamConnectTimeoutMs: 2_000,
  /** Longer than ingest's own deadlines, so that its answer arrives. */
  upstreamTimeoutMs: 20_000,
  /** A problem document is far smaller. */
  maxUpstreamResponseBytes: 8 * 1024,
} as const satisfies Record<string, number>;

export type EdgeLimits = { readonly [name in keyof typeof EDGE_LIMITS]: number };
