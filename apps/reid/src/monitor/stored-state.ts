import type { Json } from "@dit/storage";
import type { AlertState } from "../decide/alert-state.ts";

/** Of each use case: what the monitor remembers between runs. */
export const REID_STATES = "reid-states";

/** An alert that is open. `id` is the same from opening to closing. */
export type OpenAlert = AlertState & { readonly id: string };

export type StoredState = {
  /** The last window that was measured with all of its rows. */
  readonly lastFinalWindow: number | null;
  /** By `alertKey`. */
  readonly alerts: Readonly<Record<string, OpenAlert>>;
} & { readonly [key: string]: Json };

export const NO_STATE: StoredState = { lastFinalWindow: null, alerts: {} };
