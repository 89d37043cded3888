import type { EdgeLimits } from "../src/limits.ts";

/** An edge on real sockets, whatever it is made of. */
export interface EdgeUnderTest {
  readonly url: string;
  readonly adminUrl: string;
  /** Lets requests that run finish. */
  stop(): Promise<void>;
  /** Lets so much time pass for its limit of rates. */
  pass(durationMs: number): Promise<void>;
  /** All that it has told anybody but clients so far, and all that it has written. */
  told(): Promise<string>;
}

export type StartEdge = (options: {
  readonly ingestUrl: string;
  readonly edgeSecret: string;
  readonly limits: Partial<EdgeLimits>;
}) => Promise<EdgeUnderTest>;
