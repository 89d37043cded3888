import type { Alert } from "../monitor/alert.ts";

/** Someone to tell alerts. */
export interface AlertSink {
  /** For the log and the outbox: `table`, `webhook`, `alertmanager`. */
  readonly name: string;
  /**
   * Rejects if it may not have been heard; the same alert again does no harm. With an AlertRefusedError, if it was heard and this one is
   * not taken: others may be.
   */
  tell(alert: Alert): Promise<void>;
}

export class AlertRefusedError extends Error {
  override readonly name = "AlertRefusedError";
  /** For the log; of few, fixed ones. */
  readonly code: string;

  constructor(code: string) {
    super("the alert was refused");
    this.code = code;
  }
}
