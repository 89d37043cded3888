/** Everything that can get lost, by reason. Counts events unless said otherwise. */
export const LOSS_REASONS = [
  /** Logged while consent was off. */
  "no_consent",
  /** Wiped when consent was revoked. */
  "consent_revoked",
  /** Logged after `close()`. */
  "closed",
  /** Not in the use-case document. */
  "unknown_event",
  /** Counts fields; the rest of their event is kept. */
  "unknown_field",
  /** Counts fields of the wrong type or out of their range; the rest of their event is kept. */
  "invalid_field",
  /** The oldest of a full queue. */
  "queue_full",
  /** Waited longer than the protocol accepts. */
  "too_old",
  /** Does not fit into the largest report alone. */
  "event_too_large",
  /** The server asked to retry too often. */
  "retries_exhausted",
  /** The server refused the report. */
  "report_refused",
  /** The server refused the report's credential, and the second one too. */
  "credential_refused",
  /** The server refused the credential of a report that an earlier sending may have stored: it is never made anew. */
  "fate_unknown",
  /** The kill switch. */
  "use_case_disabled",
  /** Counts answers of the issuer that failed a check, each dropped whole. */
  "issuer_refused",
  /** Counts loads that failed or made no sense: the client started empty. */
  "store_corrupt",
  /** Counts writes that failed: nothing is sent that is not saved first. */
  "store_failed",
  /** Counts surprises that were kept from the host. */
  "internal_error",
] as const;

export type LossReason = (typeof LOSS_REASONS)[number];

export interface Losses {
  add(reason: LossReason, count?: number): void;
  snapshot(): Readonly<Record<LossReason, number>>;
}

export function createLosses(onLoss: (reason: LossReason, count: number) => void): Losses {
  const counts = Object.fromEntries(LOSS_REASONS.map((reason) => [reason, 0])) as Record<LossReason, number>;
  return {
    add(reason, count = 1) {
      if (count === 0) return;
      counts[reason] += count;
      onLoss(reason, count);
    },
    snapshot: () => ({ ...counts }),
  };
}
