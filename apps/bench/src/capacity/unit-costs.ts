/** What one operation costs, as measured in one run on one machine. Processor time is of one core, user and system. */
export interface UnitCosts {
  /** ACS: a request for tokens without its tokens: HTTP, the account's JWT, the quota. */
  readonly acsSecondsPerIssueRequest: number;
  /** ACS: evaluating one element, with its share of the batch's proof. */
  readonly acsSecondsPerToken: number;
  /** ACS: redeeming and confirming, micro-batched. */
  readonly acsSecondsPerReport: number;
  readonly edgeSecondsPerReport: number;
  readonly ingestSecondsPerReport: number;
  readonly sinkSecondsPerEvent: number;
  readonly redisSecondsPerIssueRequest: number;
  readonly redisSecondsPerReport: number;
  /** The broker: a report's append and its fetch, one replica. */
  readonly kafkaSecondsPerReport: number;
  /** ClickHouse's engine: inserting a row, with the merges of the run. */
  readonly warehouseSecondsPerEvent: number;
  /** Of a token that was used `reportsPerToken` times. */
  readonly redisBytesPerToken: number;
  /** Of an account's quota in one epoch. */
  readonly redisBytesPerAccount: number;
  /** As sent: padded to its size bucket, with its headers. */
  readonly requestBytesPerReport: number;
  /** On disk, one replica. */
  readonly logBytesPerReport: number;
  /** On disk, compressed and merged, the sink's own tables included. */
  readonly warehouseBytesPerEvent: number;
}

/** A run's costs, with what has to be known to read them. */
export interface MeasuredCosts {
  readonly machine: string;
  /** Of the machine, while it was measured: above its cores, other work slowed this one. */
  readonly loadAverage: number;
  /** Processor time of one POPRF evaluation by libsodium in the same run: what another machine is compared by. */
  readonly evaluationSeconds: number;
  readonly eventsPerReport: number;
  readonly reportsPerToken: number;
  readonly costs: UnitCosts;
}

/** In which unit a figure is told. */
export const COST_LABELS = {
  acsSecondsPerIssueRequest: ["ACS, request for tokens", "µs"],
  acsSecondsPerToken: ["ACS, each token of it", "µs"],
  acsSecondsPerReport: ["ACS, redeem and confirm a report", "µs"],
  edgeSecondsPerReport: ["edge, forward a report", "µs"],
  ingestSecondsPerReport: ["ingest, take a report", "µs"],
  sinkSecondsPerEvent: ["sink, store an event", "µs"],
  redisSecondsPerIssueRequest: ["Redis, request for tokens", "µs"],
  redisSecondsPerReport: ["Redis, redeem and confirm a report", "µs"],
  kafkaSecondsPerReport: ["Kafka, append and fetch a report", "µs"],
  warehouseSecondsPerEvent: ["ClickHouse's engine, store an event", "µs"],
  redisBytesPerToken: ["Redis, a used token", "bytes"],
  redisBytesPerAccount: ["Redis, an account's quota", "bytes"],
  requestBytesPerReport: ["network, a report as sent", "bytes"],
  logBytesPerReport: ["Kafka's disk, a report", "bytes"],
  warehouseBytesPerEvent: ["ClickHouse's disk, an event", "bytes"],
} as const satisfies Record<keyof UnitCosts, readonly [what: string, unit: "µs" | "bytes"]>;
