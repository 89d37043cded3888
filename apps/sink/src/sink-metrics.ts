import { LATENCY_BUCKETS_SECONDS, type Metrics } from "@dit/service-kit";

export type SinkMetrics = ReturnType<typeof createSinkMetrics>;

const BATCH_BUCKETS_EVENTS = [10, 100, 1_000, 2_500, 5_000, 7_500, 10_000, 20_000];

/** Counted when a batch is through: what a crash interrupted is counted by the life that finishes it. */
export function createSinkMetrics(metrics: Metrics) {
  const jobs = createJobMetrics(metrics);
  return {
    ...jobs,
    /** Before a job has succeeded, its time is that of the start: what never succeeds is found out too. */
    startCounting(startedAtSeconds: number): void {
      jobs.saltsChecked.set(startedAtSeconds);
      jobs.accountSucceeded.set(startedAtSeconds);
      jobs.reconciliationSucceeded.set(startedAtSeconds);
    },
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
    fieldsBlocked: metrics.counter("fields_blocked_total", "Values of fields that were blocked on their way"),
    recordsLost: metrics.counter(
      "records_lost_total",
      "Records that the log no longer had when they were to be stored",
    ),
    lag: metrics.gauge("lag_records", "Records in the log that are not stored yet", ["partition"]),
    lagSeconds: metrics.gauge(
      "lag_seconds",
      "For how long the oldest record that is not stored yet has waited: at least, as seen since the sink's start",
      ["partition"],
    ),
    appended: metrics.gauge("appended_records", "Records that were ever appended to the log", ["partition"]),
    unaccountedRecords: metrics.gauge(
      "unaccounted_records",
      "Records that left the log and are not in the ledger; 0 if all is well",
    ),
    unaccountedEvents: metrics.gauge(
      "unaccounted_events",
      "Events of the ledger that are neither inserted, nor dead-lettered, nor deduplicated; 0 if all is well",
    ),
    batchSeconds: metrics.histogram(
      "batch_seconds",
      "Duration of one batch, from decision to commit",
      LATENCY_BUCKETS_SECONDS,
    ),
    batchEvents: metrics.histogram("batch_events", "Events in a batch", BATCH_BUCKETS_EVENTS),
    saltsHeld: metrics.gauge("salts_held", "Salts in memory"),
    saltsCreated: metrics.counter("salts_created_total", "Salts made"),
    saltsDestroyed: metrics.counter("salts_destroyed_total", "Salts destroyed"),
    warehouseSkew: metrics.gauge(
      "warehouse_clock_skew_seconds",
      "The clock of the warehouse minus the clock of this service",
    ),
    repairs: metrics.counter("repairs_total", "Ranges made whole by the reconciler", ["kind"]),
    repairsRefused: metrics.counter("repairs_refused_total", "Ranges that could not be made whole", [
      "reason",
    ]),
  };
}

/** When each of the sink's jobs last came to its end, and how many reconciliations did and did not. */
function createJobMetrics(metrics: Metrics) {
  return {
    saltsChecked: metrics.gauge(
      "salt_check_success_timestamp_seconds",
      "When every salt whose time had come was last known to be destroyed",
    ),
    accountSucceeded: metrics.gauge(
      "account_success_timestamp_seconds",
      "When unaccounted records and events were last measured",
    ),
    reconciliationSucceeded: metrics.gauge(
      "reconciliation_success_timestamp_seconds",
      "When a partition's ledger was last compared with tables and offsets",
    ),
    reconciliations: metrics.counter(
      "reconciliations_total",
      "Comparisons of a partition's ledger with tables and offsets: succeeded or failed",
      ["outcome"],
    ),
    rangesCompared: metrics.counter("ranges_compared_total", "Ranges of the ledger that were compared"),
  };
}
