import type { Metrics } from "@dit/service-kit";

const RUN_SECONDS_BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 1_800];

/** What the monitor counts. Labels are names of use-case documents; no value of a field is in any of them. */
export function createReidMetrics(metrics: Metrics) {
  return {
    lastSuccess: metrics.gauge(
      "last_success_timestamp_seconds",
      "When a run last measured everything, found the planted canary and could be heard",
    ),
    runs: metrics.counter("runs_total", "Runs by outcome: ok, or why not", ["outcome"]),
    runSeconds: metrics.histogram("run_seconds", "How long a run took", RUN_SECONDS_BUCKETS),
    subjects: metrics.gauge("subjects", "Fields and pairs measured by the last run", ["use_case"]),
    exposedPids: metrics.gauge(
      "exposed_pids_share",
      "Share of pids with a value that fewer than k have, as last judged",
      ["use_case", "event", "field"],
    ),
    openAlerts: metrics.gauge("open_alerts", "Alerts that are open", ["use_case", "kind"]),
    blockedFields: metrics.gauge("blocked_fields", "Fields that are not collected", ["use_case"]),
    blocksFailed: metrics.counter("block_failures_total", "Fields that ACS could not be told to block", [
      "use_case",
    ]),
    untold: metrics.gauge("untold_alerts", "Alerts in the outbox that some have not heard"),
    alerts: metrics.counter("alerts_total", "Alerts told, by what happened to them", ["use_case", "action"]),
  };
}

export type ReidMetrics = ReturnType<typeof createReidMetrics>;
