/** One box that is measured, in a process of its own. */
export interface BenchPipeline {
  readonly addresses: PipelineAddresses;
  /** Reports that were accepted and are not in the warehouse. */
  pending(): Promise<number>;
  /** Rows of events in the warehouse. */
  rows(): Promise<number>;
  stop(): Promise<void>;
}

export interface PipelineAddresses {
  /** Where clients send reports. */
  readonly reportsUrl: string;
  /** Empty where reports need no token. */
  readonly acsUrl: string;
  readonly identityProviderUrl: string;
  readonly environment: string;
}

/** How long the sink of either side waits for a batch to fill: a turn's last batch is not full. */
export const BATCH_WAIT_MS = 200;
