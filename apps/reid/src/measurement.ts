/** A share of a whole with its uncertainty: Wilson score bounds at 95 % on the sample it was taken from. */
export interface Share {
  /** 0 to 1. */
  readonly share: number;
  readonly lower: number;
  readonly upper: number;
  /** How many were looked at: equal to the whole where nothing was sampled. */
  readonly sample: number;
}

/** One field, or a pair of fields of one event, measured together; a pair's names in alphabetical order. */
export interface Subject {
  readonly useCase: string;
  readonly event: string;
  readonly fields: readonly [string] | readonly [string, string];
}

/**
 * What one subject reveals within one rotation window. Pids are never compared over windows: a client's pids differ there, so
 * that merged windows hide exactly the values that only one client has.
 */
export interface Measurement extends Subject {
  /** Version of the use-case document that the fields were measured under: each version is a series of its own. */
  readonly schemaVersion: number;
  /** floor(unix seconds / `pseudonym.rotationSeconds`). */
  readonly window: number;
  /** Rows in which every field of the subject has a value. */
  readonly rows: number;
  /** Distinct pids of those rows; estimated above 2^16 or so. */
  readonly pids: number;
  /** Those of the window before. */
  readonly pidsBefore: number;
  /** Distinct values (of a pair: combinations); estimated by KMV above `K`. */
  readonly values: number;
  /** Share of values seen with fewer than 2 pids. */
  readonly potential2: Share;
  /** Share of values seen with fewer than `k` pids; `k` of the use-case document. */
  readonly potentialK: Share;
  readonly k: number;
  /** Share of pids that are seen with at least one value that fewer than `k` pids have: people, not values. */
  readonly exposedPids: Share;
  /** Shannon entropy of the value over rows, in bits. */
  readonly entropyBits: number;
  /**
   * Of the values that were rare (< k pids) in the window before, the share that is rare again in this one, over what activity lets
   * come back. Undefined where the window before has too few rare values to say.
   */
  readonly linkability: Share | undefined;
}

/** How much of one field's set of values appears in another use case's field, in one window of time. */
export interface Containment {
  readonly of: Subject;
  readonly in: Subject;
  readonly window: number;
  /** |values of `of` that appear in `in`| / |values of `of`|. */
  readonly containment: Share;
  /** Jaccard index of the two sets of values. */
  readonly jaccard: number;
}
