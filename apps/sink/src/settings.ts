/** What the running sink needs of its configuration. */
export interface SinkSettings {
  readonly listenHost: string;
  /** 0: any free port. */
  readonly adminPort: number;
  readonly batch: {
    /** A batch ends with the report that reaches this. */
    readonly maxEvents: number;
    /** A batch that has begun waits this long for more. */
    readonly maxWaitMs: number;
  };
  /** What fails is tried again after `minMs`, then twice that, and so on up to `maxMs`. */
  readonly retry: { readonly minMs: number; readonly maxMs: number };
  /** Told to stop, the sink first stores what the log holds at that moment, for at most this long; the rest at its next start. */
  readonly drainMs: number;
  /** How often salts whose time has come are looked for. */
  readonly saltCheckMs: number;
  readonly reconcile: {
    readonly everyMs: number;
    /** How many days back a whole reconciliation looks. */
    readonly days: number;
  };
}

/** 10,000 rows an insert are where the engine's rows a second stop growing. */
export const DEFAULT_SINK_SETTINGS: SinkSettings = {
  listenHost: "127.0.0.1",
  adminPort: 9083,
  batch: { maxEvents: 10_000, maxWaitMs: 1_000 },
  retry: { minMs: 100, maxMs: 10_000 },
  drainMs: 10_000,
  saltCheckMs: 10_000,
  reconcile: { everyMs: 300_000, days: 2 },
};
