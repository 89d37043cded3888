/** The topic of the event log that ingest appends to and the sink consumes. */
export const REPORTS_TOPIC = "reports";

/** The topic that the sink appends references of reports to that it set aside. Nobody has to read it. */
export const DEAD_LETTERS_TOPIC = "dead-letters";

/** One event as it rests in the event log: names and values already checked against the use-case document. */
export interface AcceptedEvent {
  readonly name: string;
  /** Unix seconds, coarsened to the use case's granularity. */
  readonly at: number;
  readonly fields: Readonly<Record<string, boolean | number | string>>;
}

/**
 * What ingest appends to the event log and the sink reads from it, as UTF-8 JSON. It holds neither the token nor the
 * MAC: the report id is enough to recognise a repeat.
 */
export interface AcceptedReport {
  readonly useCase: string;
  /** Version of the use-case document the report was checked against. */
  readonly schemaVersion: number;
  readonly epoch: number;
  readonly epochSeconds: number;
  /** 16 bytes, hex. */
  readonly reportId: string;
  /** The day ingest accepted it (UTC, `YYYY-MM-DD`): no finer, since arrival order links. */
  readonly ingestDay: string;
  /** True if an earlier attempt may already have been appended: only then does the sink look for it. */
  readonly mayRepeat: boolean;
  /** 16 bytes, base64url; never leaves the event log. */
  readonly pseudonym: string;
  readonly events: readonly AcceptedEvent[];
}
