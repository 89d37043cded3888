import { LATENCY_BUCKETS_SECONDS, type Metrics } from "@dit/service-kit";

/** Far ahead, ahead, current, late, and beyond the last: older than a day. */
const EVENT_AGE_SECONDS = [-3_600, -300, 3_600, 86_400];
const OLDER_SECONDS = 172_800;

/** Every figure of ingest. Labels are names of use-case documents and of small fixed sets, never what a client sent. */
export function createIngestMetrics(metrics: Metrics, readInFlight: () => number) {
  metrics.reading("reports_in_flight", "Reports that are worked on now", readInFlight);
  return {
    reportsAccepted: metrics.counter(
      "reports_accepted_total",
      "Reports appended to the event log; attempt=repeat: an earlier attempt may be in the log too",
      ["attempt"],
    ),
    reportsDuplicate: metrics.counter(
      "reports_duplicate_total",
      "Reports sent again that are in the event log already: answered, not appended",
    ),
    reportsEmpty: metrics.counter(
      "reports_empty_total",
      "Reports answered as accepted of which no event was left to append",
    ),
    reportsRejected: metrics.counter("reports_rejected_total", "Reports refused, by problem code", ["code"]),
    eventsAccepted: metrics.counter("events_accepted_total", "Events appended to the event log", ["attempt"]),
    eventsDropped: metrics.counter("events_dropped_total", "Events left out of accepted reports", [
      "use_case",
      "reason",
    ]),
    fieldsDropped: metrics.counter(
      "fields_dropped_total",
      "Fields that the use case does not declare, left out of accepted events",
      ["use_case"],
    ),
    fieldsBlocked: metrics.counter(
      "fields_blocked_total",
      "Fields that the use case's policy blocks, left out of accepted events",
      ["use_case"],
    ),
    confirmationsSent: metrics.counter("confirmations_total", "Reports that ACS was told are durable"),
    confirmationsLost: metrics.counter(
      "confirmations_lost_total",
      "Reports that ACS could not be told are durable: a retry of one is appended again, and removed by the sink",
    ),
    redeemSeconds: metrics.histogram(
      "redeem_seconds",
      "From asking for a redemption to its answer, batching included",
      LATENCY_BUCKETS_SECONDS,
    ),
    appendedBytes: metrics.counter(
      "appended_bytes_total",
      "Bytes of accepted reports as the event log gets them",
    ),
    newestEventAge: metrics.histogram(
      "newest_event_age_seconds",
      "Time since the newest event of an accepted report, by its client's clock; below 0: the client's clock is ahead",
      EVENT_AGE_SECONDS,
    ),
  };
}

/**
 * What is observed in place of an age: the bound of its bucket. The sum of exact ages between two scrapes would be one report's, at a
 * quiet hour, and say when the report with that event time arrived.
 */
export function coarseEventAge(ageSeconds: number): number {
  return EVENT_AGE_SECONDS.find((bound) => ageSeconds <= bound) ?? OLDER_SECONDS;
}

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;
