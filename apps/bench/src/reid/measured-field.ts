/** What both ways answer of a field. */
export interface MeasuredField {
  readonly field: string;
  readonly values: number;
  /** Shares, 0 to 1. */
  readonly unique: number;
  readonly rare: number;
  readonly exposedPids: number;
  readonly entropyBits: number;
}

/** What a child that measured, or did nothing, has used. */
export interface Measured {
  readonly fields: readonly MeasuredField[];
  readonly seconds: number;
  /** Of all processors together: what a busy machine changes least. */
  readonly cpuSeconds: number;
  /** The largest resident size of the process, engine and all. */
  readonly peakBytes: number;
}
