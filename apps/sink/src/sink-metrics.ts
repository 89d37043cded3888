import type { Metrics } from "@dit/service-kit";

export type SinkMetrics = ReturnType<typeof createSinkMetrics>;

const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_BUCKETS_EVENTS = [10, 100, 1_000, 2_500, 5_000, 7_500, 10_000, 20_000];

/** Counted when a batch is through: what a crash interrupted is counted by the life that finishes it. */
export function createSinkMetrics(metrics: Metrics) {
  return {
    batches: metrics.counter("batches_total", "Batches stored and committed"),
    batchFailures: metrics.counter("batch_failures_total", "Attempts at a batch that failed", ["reason"]),
    records: metrics.counter("records_total", "Records of the log that were dealt with"),
    events: metrics.counter("events_total", "Events in those records"),
    rowsInserted: metrics.counter("rows_inserted_total", "Events stored as rows"),
    eventsDeadLettered: metrics.counter("events_dead_lettered_total", "Events not stored, by reason", [
      "reason",
    ]),
    recordsDeadLettered: metrics.counter(
      "records_dead_lettered_total",
      "Records with events that were not stored, by reason",
      ["reason"],
    ),
    eventsDeduplicated: metrics.counter(
      "events_deduplicated_total",
      "Events of reports that were stored before",
    ),
    fieldsDropped: metrics.counter("fields_dropped_total", "Values of fields without a column"),
    recordsLost: metrics.counter(
      "records_lost_total",
      "Records that the log no longer had when they were to be stored",
    ),
    lag: metrics.gauge("lag_records", "Records in the log that are not stored yet", ["partition"]),
    appended: metrics.gauge("appended_records", "Records that were ever appended to the log", ["partition"]),
    unaccountedRecords: metrics.gauge(
      "unaccounted_records",
      "Records that left the log and are not in the ledger; 0 if all is well",
    ),
    unaccountedEvents: metrics.gauge(
      "unaccounted_events",
      "Events of the ledger that are neither inserted, nor dead-lettered, nor deduplicated; 0 if all is well",
    ),
    insertSeconds: metrics.histogram("insert_seconds", "Duration of one insert", LATENCY_BUCKETS_SECONDS),
    batchSeconds: metrics.histogram(
      "batch_seconds",
      "Duration of one batch, from decision to commit",
      LATENCY_BUCKETS_SECONDS,
    ),
    batchEvents: metrics.histogram("batch_events", "Events in a batch", BATCH_BUCKETS_EVENTS),
    saltsHeld: metrics.gauge("salts_held", "Salts in memory"),
    saltsCreated: metrics.counter("salts_created_total", "Salts made"),
    saltsDestroyed: metrics.counter("salts_destroyed_total", "Salts destroyed"),
    repairs: metrics.counter("repairs_total", "Ranges made whole by the reconciler", ["kind"]),
    repairsRefused: metrics.counter("repairs_refused_total", "Ranges that could not be made whole", [
      "reason",
    ]),
  };
}
