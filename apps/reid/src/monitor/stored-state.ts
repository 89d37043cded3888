import type { AlertState } from "../decide/alert-state.ts";
import type { Alert } from "./alert.ts";

/** Of each use case, by its id: what the monitor remembers between runs. */
export const REID_STATES = "reid-states";

/** An alert that is open, as it was last told or seen again. */
export interface OpenAlert {
  readonly state: AlertState;
  readonly alert: Alert;
}

export interface StoredState {
  /** The last window that was measured with all of its rows. */
  readonly lastFinalWindow: number | null;
  /** By `alertKey`. */
  readonly alerts: Readonly<Record<string, OpenAlert>>;
  /** `event.field` -> when the order came that was carried out. */
  readonly cleared: Readonly<Record<string, number>>;
}

export const NO_STATE: StoredState = { lastFinalWindow: null, alerts: {}, cleared: {} };
