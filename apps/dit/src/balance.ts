import type { PipelineCounts, StoredCounts } from "./pipeline/pipeline-account.ts";

/** Whether everything that was accepted is accounted for; each reason says what is not. */
export interface Balance {
  readonly balanced: boolean;
  readonly reasons: readonly string[];
}

/**
 * In reports: accepted = dealt with + pending. In events, once nothing is pending: accepted = inserted + dead-lettered + deduplicated, the
 * first two counted in the tables themselves. `before` is what was stored when the services began to count.
 */
export function balanceOf(counts: PipelineCounts, stored: StoredCounts, before: StoredCounts): Balance {
  const gained = (name: keyof StoredCounts) => stored[name] - before[name];
  const reports = gained("reportsDealtWith") + gained("pending");
  const events = gained("rowsInserted") + gained("deadLettered") + gained("deduplicated");
  const reasons: string[] = [];
  if (counts.reportsAccepted !== reports) {
    reasons.push(`${counts.reportsAccepted} reports were accepted, ${reports} are stored or pending`);
  }
  if (stored.pending > 0) reasons.push(`${stored.pending} reports are still pending`);
  else if (counts.eventsAccepted !== events) {
    reasons.push(`${counts.eventsAccepted} events were accepted, ${events} are accounted for`);
  }
  return { balanced: reasons.length === 0, reasons };
}
