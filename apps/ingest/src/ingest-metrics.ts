import type { Metrics } from "@dit/service-kit";

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Every figure of ingest. Labels are names of use-case documents and of small fixed sets, never what a client sent. */
export function createIngestMetrics(metrics: Metrics) {
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
    confirmationsSent: metrics.counter("confirmations_total", "Reports that ACS was told are durable"),
    confirmationsLost: metrics.counter(
      "confirmations_lost_total",
      "Reports that ACS could not be told are durable: a retry of one is appended again, and removed by the sink",
    ),
    redeemSeconds: metrics.histogram(
      "redeem_seconds",
      "From asking for a redemption to its answer, batching included",
      LATENCY_SECONDS,
    ),
    appendSeconds: metrics.histogram(
      "append_seconds",
      "From an append to its being durable",
      LATENCY_SECONDS,
    ),
  };
}

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;
