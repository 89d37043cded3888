/** Where a Redis listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** What every connection to one store has in common. */
export interface RedisConnectionOptions {
  readonly user?: string;
  readonly password?: string;
  /** A cluster has only 0. */
  readonly database?: number;
  /** Given, even if empty: TLS. */
  readonly tls?: {
    /** PEM: the authorities to trust instead of the usual ones. */
    readonly caPath?: string;
  };
  /** For a connection, its handshake included. */
  readonly connectTimeoutMs?: number;
}

/** How many copies a write must have before it counts as written. */
export interface RedisReplicationOptions {
  /** Replicas that must have it, besides the master: 0 asks for none. */
  readonly replicas?: number;
  /** How long to wait for them. Below the time for a whole call. */
  readonly replicationTimeoutMs?: number;
}

export const REDIS_DEFAULTS = {
  connectTimeoutMs: 2_000,
  timeoutMs: 3_000,
  replicas: 0,
  replicationTimeoutMs: 1_000,
} as const;
