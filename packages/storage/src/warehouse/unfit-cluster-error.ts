const REASONS = {
  /** No cluster of that name is in the server's configuration. */
  CLUSTER_UNKNOWN: "the server knows no cluster of that name",
  /** Tokens and reads are exact within one shard only. */
  CLUSTER_HAS_SHARDS: "the cluster has more than one shard",
  /** Several servers behind one address, and none was asked twice in a row. */
  SERVERS_TAKE_TURNS: "no server answered twice in a row",
  PARTS_UNSETTLED: "the server does not know yet whether rows that it wrote count",
} as const;

/** A cluster that cannot be used, or not now. */
export class UnfitClusterError extends Error {
  override readonly name = "UnfitClusterError";
  readonly code: keyof typeof REASONS;

  constructor(code: keyof typeof REASONS) {
    super(REASONS[code]);
    this.code = code;
  }
}
