import type { RandomBytes } from "@dit/crypto-core";

/** Keeps one text. The client writes it whole; what `save` acknowledged, the next `load` must return. */
export interface Store {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
  clear(): Promise<void>;
}

/** Everything the client takes from where it runs. Each may throw or reject: the client counts it and lives on. */
export interface Platform {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Unix time in milliseconds. */
  readonly nowMs: () => number;
  readonly setTimer: (run: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
  /** Cryptographically secure. */
  readonly randomBytes: RandomBytes;
  /** One client a store: two would overwrite each other's use counts. */
  readonly store: Store;
  /** One gzip member (RFC 1952) without optional header fields; undefined where there is none: reports go uncompressed. */
  readonly gzip: ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined;
}
