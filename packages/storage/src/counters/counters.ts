/**
 * Counts what may happen only so often: uses of a token, tokens issued to an account in an epoch. Every call is
 * atomic per key, over all processes that share the store; a failed call has counted nothing or is safe to
 * repeat. A key whose time has passed, by the driver's clock, takes no more: `use` answers `exhausted` with 0
 * uses, `take` grants nothing and has 0 left.
 */
export interface Counters {
  /** Reserves one use each; answers in order. Idempotent: the same member again counts nothing. */
  use(requests: readonly UseRequest[]): Promise<UseResult[]>;
  /** Marks reserved members as confirmed. A key or member that is not there is left alone. Idempotent. */
  confirm(requests: readonly ConfirmUseRequest[]): Promise<void>;
  /** Takes `amount` from an allowance of `limit`, all or nothing. */
  take(request: TakeRequest): Promise<TakeResult>;
  /** Forgets every key whose time has passed. */
  sweep(nowSeconds: number): Promise<void>;
  /** Rejects with a reason if the store cannot take a write now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface UseRequest {
  /** A keyed hash of what is used, 16 bytes; never the thing itself. */
  readonly key: Uint8Array;
  /** What makes this use the same use when it comes again; 8 bytes. */
  readonly member: Uint8Array;
  readonly limit: number;
  /** Unix seconds; the same for every request with this key. */
  readonly expiresAtSeconds: number;
}

export interface UseResult {
  /**
   * `reserved`: counted now. `repeated`: counted before, not confirmed. `confirmed`: counted and confirmed
   * before. `exhausted`: refused.
   */
  readonly outcome: "reserved" | "repeated" | "confirmed" | "exhausted";
  /** Uses counted so far, this one included. */
  readonly uses: number;
}

export type ConfirmUseRequest = Pick<UseRequest, "key" | "member" | "expiresAtSeconds">;

export interface TakeRequest {
  /** 16 bytes. */
  readonly key: Uint8Array;
  readonly amount: number;
  readonly limit: number;
  readonly expiresAtSeconds: number;
}

export interface TakeResult {
  readonly granted: boolean;
  /** Left after this call. */
  readonly remaining: number;
}
