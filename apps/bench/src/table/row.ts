/** One line of the table: something of ours beside something that does the same. */
export interface Row {
  /** By which it is asked for on the command line. */
  readonly name: string;
  readonly what: string;
  readonly against: string;
  readonly target: Target;
  /** Throws where the two sides do not do the same: a row that compares other things is no row. */
  measure(): Promise<Measurement>;
}

/** The least ratio ours / peer, the most of ours whatever the peer has, or what the row judges by itself. */
export type Target =
  | { readonly leastRatio: number }
  | { readonly mostOurs: number }
  | { readonly own: string };

export type Measurement =
  | { readonly unit: string; readonly turns: readonly Turn[]; readonly note?: string }
  /** Of a row that has more than one figure, and prints them. */
  | { readonly met: boolean }
  /** What it needs is not here; no target is missed by that. */
  | { readonly notMeasured: string };

/** Both sides' figures from turns that followed one another. */
export interface Turn {
  readonly ours: number;
  readonly peer: number;
}
