import type { Dashboard } from "./dashboard.ts";

/** The sink, and what the warehouse holds. Its panels of ClickHouse read the sink's own tables. */
export const storage: Dashboard = {
  uid: "dit-storage",
  title: "DIT: storage (sink, warehouse)",
  rows: [
    {
      title: "Sink",
      panels: [
        {
          kind: "lines",
          title: "Reports that wait",
          description: "For how long the oldest of a partition has waited, at least.",
          unit: "s",
          queries: { "{{partition}}": "max by (partition) (dit_sink_lag_seconds)" },
        },
        {
          kind: "lines",
          title: "Rows inserted a second",
          description: "By instance.",
          unit: "short",
          queries: { "{{instance}}": "rate(dit_sink_rows_inserted_total[5m])" },
        },
        {
          kind: "lines",
          title: "Events a batch",
          description:
            "Mean. Near DIT_SINK_BATCH_MAX_EVENTS under load; small batches cost the warehouse parts.",
          unit: "short",
          queries: {
            mean: "sum(rate(dit_sink_batch_events_sum[5m])) / sum(rate(dit_sink_batch_events_count[5m]))",
          },
        },
      ],
    },
    {
      title: "Stores",
      panels: [
        {
          kind: "lines",
          title: "An insert",
          description: "Into the warehouse.",
          unit: "s",
          queries: {
            median: `histogram_quantile(0.5, sum by (le) (rate(dit_sink_dependency_seconds_bucket{dependency="warehouse", operation="insert"}[5m])))`,
            "95 %": `histogram_quantile(0.95, sum by (le) (rate(dit_sink_dependency_seconds_bucket{dependency="warehouse", operation="insert"}[5m])))`,
          },
        },
        {
          kind: "lines",
          title: "Failures",
          description: "Of stores, and of batches, which are tried again.",
          unit: "short",
          queries: {
            "{{dependency}} {{reason}}":
              "sum by (dependency, reason) (rate(dit_sink_dependency_failures_total[5m]))",
            "batch: {{reason}}": "sum by (reason) (rate(dit_sink_batch_failures_total[5m]))",
          },
        },
        {
          kind: "lines",
          title: "Set aside",
          description: "Events that were not stored, by reason. None.",
          unit: "short",
          queries: { "{{reason}}": "sum by (reason) (rate(dit_sink_events_dead_lettered_total[5m]))" },
        },
      ],
    },
    {
      title: "Promises",
      panels: [
        {
          kind: "lines",
          title: "Since each job last succeeded",
          description: "Destroying salts, measuring the account, comparing the ledger with the tables.",
          unit: "s",
          queries: {
            salts: "time() - max(dit_sink_salt_check_success_timestamp_seconds)",
            account: "time() - max(dit_sink_account_success_timestamp_seconds)",
            reconciliation: "time() - max(dit_sink_reconciliation_success_timestamp_seconds)",
          },
        },
        {
          kind: "lines",
          title: "Salts",
          description: "In memory, made and destroyed (an hour). As many are destroyed as are made.",
          unit: "short",
          queries: {
            held: "max(dit_sink_salts_held)",
            made: "sum(increase(dit_sink_salts_created_total[1h]))",
            destroyed: "sum(increase(dit_sink_salts_destroyed_total[1h]))",
          },
        },
        {
          kind: "lines",
          title: "Repairs",
          description: "Ranges that the reconciler compared, made whole and could not (an hour).",
          unit: "short",
          queries: {
            compared: "sum(increase(dit_sink_ranges_compared_total[1h]))",
            "made whole, {{kind}}": "sum by (kind) (increase(dit_sink_repairs_total[1h]))",
            "not, {{reason}}": "sum by (reason) (increase(dit_sink_repairs_refused_total[1h]))",
          },
        },
      ],
    },
    {
      title: "Warehouse",
      panels: [
        {
          kind: "bars",
          title: "Rows by table and day",
          description: "As the ledger has them: what was stored on a day, by table.",
          unit: "short",
          sql: `SELECT toDateTime(day) AS time, tupleElement(stored, 1) AS table, sum(tupleElement(stored, 2)) AS rows
FROM (
  SELECT day, arrayJoin(arrayZip(mapKeys(l.rows), mapValues(l.rows))) AS stored
  FROM dit.sink_ledger AS l WHERE day >= today() - 30
)
WHERE table NOT IN ('dit.dead_letters', 'dit.sink_repeats')
GROUP BY time, table ORDER BY time, table`,
        },
        {
          kind: "bars",
          title: "Events by day, and what became of them",
          description: "Of the ledger: inserted, set aside, stored before.",
          unit: "short",
          sql: `SELECT toDateTime(day) AS time, sum(l.inserted) AS inserted, sum(l.dead_lettered) AS "set aside",
  sum(l.deduplicated) AS "stored before"
FROM dit.sink_ledger AS l WHERE day >= today() - 30
GROUP BY time ORDER BY time`,
        },
        {
          kind: "table",
          title: "Events that were set aside",
          description: "In the last 30 days, by use case and reason.",
          unit: "short",
          sql: `SELECT ingest_day AS day, use_case AS "use case", reason, sum(d.events) AS events
FROM dit.dead_letters AS d WHERE ingest_day >= today() - 30
GROUP BY day, use_case, reason ORDER BY day DESC, events DESC LIMIT 200`,
        },
      ],
    },
  ],
};
