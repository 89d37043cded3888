/** A real server on loopback, with its data in a directory of its own. Its port and data outlive a restart. */
export interface LocalEngine {
  /** Where to reach it: the same before and after a restart. */
  readonly url: string;
  /** Of the running server. Throws if it does not run. */
  readonly pid: number;
  /** Resolves once it answers. */
  start(): Promise<void>;
  /** Ends it as its operator would, and waits until it is gone. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is gone: what was only in memory is lost. */
  kill(): Promise<void>;
}
