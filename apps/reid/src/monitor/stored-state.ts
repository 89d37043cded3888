import type { UseCaseVersion } from "@dit/service-kit";
import type { Documents, Json } from "@dit/storage";
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

/** A state as it was read. */
export interface KnownState {
  /** 0: there is none yet. */
  readonly version: number;
  readonly value: StoredState;
}

const NO_STATE: StoredState = { lastFinalWindow: null, alerts: {}, cleared: {} };

export async function readState(
  documents: Documents,
  { document }: Pick<UseCaseVersion, "document">,
): Promise<KnownState> {
  const stored = await documents.get<Json>(REID_STATES, document.useCase);
  return stored === undefined
    ? { version: 0, value: NO_STATE }
    : { version: stored.version, value: stored.value as unknown as StoredState };
}

/** Alerts that are open, of every use case. */
export async function readOpenAlerts(documents: Documents): Promise<Alert[]> {
  const states = await documents.list<Json>(REID_STATES);
  return states
    .flatMap(({ value }) => Object.values((value as unknown as StoredState).alerts))
    .map(({ alert }) => alert);
}
