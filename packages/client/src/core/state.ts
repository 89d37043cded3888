export type FieldValue = boolean | number | string;

export interface QueuedEvent {
  readonly name: string;
  /** Unix seconds, coarsened. */
  readonly at: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

export interface StoredToken {
  readonly keyVersion: number;
  readonly epoch: number;
  /** 32 bytes each, base64url. */
  readonly token: string;
  readonly macKey: string;
  readonly maxUses: number;
  /** Unix milliseconds: old enough from then on. */
  readonly usableAt: number;
  uses: number;
}

/** The very bytes of a report and the credential made for them. A retry sends nothing else. */
export interface SignedReport {
  /** Value of the credential header. */
  readonly credential: string;
  /** What `body` says. */
  readonly json: string;
  /** As sent, base64url. */
  readonly body: string;
  readonly gzip: boolean;
}

/** Events taken from the queue to become one report. */
export interface Batch {
  events: readonly QueuedEvent[];
  signed: SignedReport | undefined;
  /** Answers that asked to retry. */
  attempts: number;
  /** A sending of `signed` may have been accepted: it had no answer, or one that does not say. */
  mayBeStored: boolean;
  /** A refused credential was replaced; that is done once. */
  resigned: boolean;
}

/** 16 random bytes, base64url, for one rotation window; and how many reports were made with it. */
export interface Pseudonym {
  readonly window: number;
  readonly value: string;
  reports: number;
}

/** What survives a restart, written whole: a use, its report and the queue without its events become durable together. */
export interface ClientState {
  pseudonym: Pseudonym | undefined;
  tokens: StoredToken[];
  /** Tokens asked for by epoch, against the quota. */
  issued: { readonly epoch: number; readonly count: number }[];
  /** When to fetch an epoch's tokens; drawn once for each need. */
  fetches: readonly { readonly epoch: number; readonly at: number }[];
  queue: QueuedEvent[];
  batch: Batch | undefined;
}

export function emptyState(): ClientState {
  return { pseudonym: undefined, tokens: [], issued: [], fetches: [], queue: [], batch: undefined };
}

/** Events that were logged and are neither accepted nor dropped. */
export function waitingEvents({ queue, batch }: ClientState): number {
  return queue.length + (batch?.events.length ?? 0);
}
