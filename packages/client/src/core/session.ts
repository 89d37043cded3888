import type { KeyDocument } from "@dit/protocol/schemas";
import { type ClientState, emptyState, type SignedReport } from "./state.ts";

/** The last good key document. `freshUntil` 0 asks for it again at the next need. */
export interface Keys {
  readonly document: KeyDocument;
  freshUntil: number;
}

/** One stretch of consent: what is durable, and what a restart may forget. */
export interface Session {
  readonly state: ClientState;
  /** Aborted: nothing more is sent, and whatever comes back from an await stops there. */
  readonly stop: AbortController;
  /** What the store held is in the state, or is not to be read. */
  loaded: boolean;
  /** Something changed since the last save. */
  dirty: boolean;
  /** The signed report that the store is known to hold. */
  saved: SignedReport | undefined;
  keys: Keys | undefined;
  /** Set while the use case is switched off: when to ask again. Unix milliseconds, like every `At` here. */
  disabledUntil: number | undefined;
  /** When to ask for the key document because a credential was refused. */
  keysCheckAt: number | undefined;
  uploadAt: number;
  uploadFailures: number;
  /** No report is sent before. */
  uploadHeldUntil: number;
  fetchFailures: number;
  /** No token is asked for before. */
  fetchHeldUntil: number;
}

export function createSession(uploadAt: number): Session {
  return {
    state: emptyState(),
    stop: new AbortController(),
    loaded: false,
    dirty: false,
    saved: undefined,
    keys: undefined,
    disabledUntil: undefined,
    keysCheckAt: undefined,
    uploadAt,
    uploadFailures: 0,
    uploadHeldUntil: 0,
    fetchFailures: 0,
    fetchHeldUntil: 0,
  };
}

export function isStopped(session: Session): boolean {
  return session.stop.signal.aborted;
}
