import type { Dashboard } from "./dashboard.ts";

/** The whole way of a report, and whether anything of it is missing. */
export const pipeline: Dashboard = {
  uid: "dit-pipeline",
  title: "DIT: pipeline",
  rows: [
    {
      title: "Is it well?",
      panels: [
        {
          kind: "number",
          title: "Alerts firing",
          description: "Critical and warning; their runbook is docs/OPERATIONS.md.",
          unit: "short",
          queries: { "": 'sum(ALERTS{alertstate="firing", severity=~"critical|warning"}) or vector(0)' },
          badFrom: 1,
        },
        {
          kind: "number",
          title: "Instances down",
          description: "That Prometheus knows of and cannot reach.",
          unit: "short",
          queries: { "": 'count(up{job=~"edge|acs|ingest|sink|reid"} == 0) or vector(0)' },
          badFrom: 1,
        },
        {
          kind: "number",
          title: "Dependencies not ready",
          description: "Stores and neighbours, as each instance sees them.",
          unit: "short",
          queries: {
            "": `count(dit_edge_dependency_ready == 0 or dit_acs_dependency_ready == 0
  or dit_ingest_dependency_ready == 0 or dit_sink_dependency_ready == 0 or dit_reid_dependency_ready == 0) or vector(0)`,
          },
          badFrom: 1,
        },
        {
          kind: "number",
          title: "Unaccounted",
          description:
            "Records and events that were accepted and are neither stored, set aside, stored before nor pending. 0, always.",
          unit: "short",
          queries: { "": "max(abs(dit_sink_unaccounted_records)) + max(abs(dit_sink_unaccounted_events))" },
          badFrom: 1,
        },
        {
          kind: "number",
          title: "Oldest report that waits",
          description: "For the sink, at least.",
          unit: "s",
          queries: { "": "max(dit_sink_lag_seconds)" },
          badFrom: 900,
        },
      ],
    },
    {
      title: "Reports",
      panels: [
        {
          kind: "lines",
          title: "Reports a second",
          description:
            "As the edge gets them, as ingest accepts them, as the sink stores them: three lines on one another.",
          unit: "reqps",
          queries: {
            "at the edge": "sum(rate(dit_edge_http_requests_total[5m]))",
            accepted: "sum(rate(dit_ingest_reports_accepted_total[5m]))",
            stored: "sum(rate(dit_sink_records_total[5m]))",
          },
        },
        {
          kind: "lines",
          title: "Events a second",
          description: "Accepted, and what became of them. Stored before: a report that was sent again.",
          unit: "short",
          queries: {
            accepted: "sum(rate(dit_ingest_events_accepted_total[5m]))",
            inserted: "sum(rate(dit_sink_rows_inserted_total[5m]))",
            "stored before": "sum(rate(dit_sink_events_deduplicated_total[5m]))",
            "set aside": "sum(rate(dit_sink_events_dead_lettered_total[5m]))",
          },
        },
        {
          kind: "lines",
          title: "Refused, by code",
          description: "As clients are told. rate_limited and overloaded are the edge's own.",
          unit: "reqps",
          queries: { "{{code}}": "sum by (code) (rate(dit_edge_http_problems_total[5m]))" },
        },
      ],
    },
    {
      title: "Waiting",
      panels: [
        {
          kind: "lines",
          title: "A report's answer",
          description: "What a client waits, at the edge.",
          unit: "s",
          queries: {
            median: "histogram_quantile(0.5, sum by (le) (rate(dit_edge_http_request_seconds_bucket[5m])))",
            "99 %": "histogram_quantile(0.99, sum by (le) (rate(dit_edge_http_request_seconds_bucket[5m])))",
          },
        },
        {
          kind: "lines",
          title: "Records that wait to be stored",
          description: "By partition.",
          unit: "short",
          queries: { "{{partition}}": "max by (partition) (dit_sink_lag_records)" },
        },
        {
          kind: "lines",
          title: "Clocks against one another",
          description:
            "ACS's as ingest and sink see it, the warehouse's as the sink does. Around 0, to a second.",
          unit: "s",
          queries: {
            "ACS - ingest": "max(dit_ingest_acs_clock_skew_seconds)",
            "ACS - sink": "max(dit_sink_acs_clock_skew_seconds)",
            "warehouse - sink": "max(dit_sink_warehouse_clock_skew_seconds)",
          },
        },
      ],
    },
    {
      title: "Processes",
      panels: [
        {
          kind: "lines",
          title: "Event-loop delay, 99 %",
          description: "Over 0.1 s an instance has more to do than a core can: add one.",
          unit: "s",
          queries: {
            "{{job}} {{instance}}": 'nodejs_eventloop_lag_p99_seconds{job=~"edge|acs|ingest|sink|reid"}',
          },
        },
        {
          kind: "lines",
          title: "Cores",
          description: "1 is one core in full. Storage engines use threads beyond it.",
          unit: "short",
          queries: {
            "{{job}} {{instance}}": 'rate(process_cpu_seconds_total{job=~"edge|acs|ingest|sink|reid"}[5m])',
          },
        },
        {
          kind: "lines",
          title: "Memory",
          description: "Resident, by instance.",
          unit: "bytes",
          queries: {
            "{{job}} {{instance}}": 'process_resident_memory_bytes{job=~"edge|acs|ingest|sink|reid"}',
          },
        },
      ],
    },
  ],
};
