import type { Alert } from "../monitor/alert.ts";

/** Someone to tell alerts. */
export interface AlertSink {
  /** For the log and the outbox: `table`, `webhook`, `alertmanager`. */
  readonly name: string;
  /** Rejects if it may not have been heard; the same alert again does no harm. */
  tell(alert: Alert): Promise<void>;
}
