import type { Dashboard } from "./dashboard.ts";

/** Edge and ingest: from a client's request to a record in the event log. */
export const intake: Dashboard = {
  uid: "dit-intake",
  title: "DIT: intake (edge, ingest)",
  rows: [
    {
      title: "Edge",
      panels: [
        {
          kind: "lines",
          title: "Answers, by status",
          description: "202: accepted. 4xx: the client's, 5xx: ours.",
          unit: "reqps",
          queries: { "{{status}}": "sum by (status) (rate(dit_edge_http_requests_total[5m]))" },
        },
        {
          kind: "lines",
          title: "Ingest's answer, as the edge waits for it",
          description: "Median and 99 %.",
          unit: "s",
          queries: {
            median: "histogram_quantile(0.5, sum by (le) (rate(dit_edge_dependency_seconds_bucket[5m])))",
            "99 %": "histogram_quantile(0.99, sum by (le) (rate(dit_edge_dependency_seconds_bucket[5m])))",
          },
        },
        {
          kind: "lines",
          title: "On their way at once",
          description:
            "Beyond the limit the answer is overloaded. Each service finds its own out by how long reports take.",
          unit: "short",
          queries: {
            "edge {{instance}}": "dit_edge_reports_in_flight",
            "ingest {{instance}}": "dit_ingest_reports_in_flight",
            "limit, edge {{instance}}": "dit_edge_in_flight_limit",
            "limit, ingest {{instance}}": "dit_ingest_in_flight_limit",
          },
        },
      ],
    },
    {
      title: "Ingest",
      panels: [
        {
          kind: "lines",
          title: "Reports, by what became of them",
          description:
            "repeat: an earlier attempt may be in the log too. duplicate: it is. empty: no event of it was left.",
          unit: "reqps",
          queries: {
            "accepted, {{attempt}}": "sum by (attempt) (rate(dit_ingest_reports_accepted_total[5m]))",
            duplicate: "sum(rate(dit_ingest_reports_duplicate_total[5m]))",
            empty: "sum(rate(dit_ingest_reports_empty_total[5m]))",
          },
        },
        {
          kind: "lines",
          title: "Refused, by code",
          description: "report_invalid: genuine, and does not match its use case.",
          unit: "reqps",
          queries: { "{{code}}": "sum by (code) (rate(dit_ingest_reports_rejected_total[5m]))" },
        },
        {
          kind: "lines",
          title: "Left out of reports",
          description: "Events by use case and reason; fields that are not declared, by use case.",
          unit: "short",
          queries: {
            "events of {{use_case}}: {{reason}}":
              "sum by (use_case, reason) (rate(dit_ingest_events_dropped_total[5m]))",
            "fields of {{use_case}}": "sum by (use_case) (rate(dit_ingest_fields_dropped_total[5m]))",
          },
        },
      ],
    },
    {
      title: "What a report waits for",
      panels: [
        {
          kind: "lines",
          title: "ACS and the event log, 99 %",
          description: "redeem with its batching, and without; append until it is durable.",
          unit: "s",
          queries: {
            "redeem, batching included":
              "histogram_quantile(0.99, sum by (le) (rate(dit_ingest_redeem_seconds_bucket[5m])))",
            "{{dependency}} {{operation}}":
              "histogram_quantile(0.99, sum by (le, dependency, operation) (rate(dit_ingest_dependency_seconds_bucket[5m])))",
          },
        },
        {
          kind: "lines",
          title: "Failures",
          description: "Of ACS and the event log, by reason; confirmations that were given up.",
          unit: "short",
          queries: {
            "{{dependency}} {{reason}}":
              "sum by (dependency, reason) (rate(dit_ingest_dependency_failures_total[5m]))",
            "confirmations lost": "sum(rate(dit_ingest_confirmations_lost_total[5m]))",
          },
        },
        {
          kind: "lines",
          title: "Into the event log",
          description: "Bytes a second, before it is sealed or compressed.",
          unit: "Bps",
          queries: { bytes: "sum(rate(dit_ingest_appended_bytes_total[5m]))" },
        },
      ],
    },
    {
      title: "Clients' clocks",
      panels: [
        {
          kind: "lines",
          title: "Newest event of a report",
          description:
            "Share of reports whose newest event is in the future by so much, or older than a day: clocks, and devices that were offline.",
          unit: "percentunit",
          queries: {
            "an hour ahead": `sum(rate(dit_ingest_newest_event_age_seconds_bucket{le=~"-3600|-3600.0"}[1h]))
  / sum(rate(dit_ingest_newest_event_age_seconds_count[1h]))`,
            "5 minutes ahead": `sum(rate(dit_ingest_newest_event_age_seconds_bucket{le=~"-300|-300.0"}[1h]))
  / sum(rate(dit_ingest_newest_event_age_seconds_count[1h]))`,
            "older than a day": `1 - sum(rate(dit_ingest_newest_event_age_seconds_bucket{le=~"86400|86400.0"}[1h]))
  / sum(rate(dit_ingest_newest_event_age_seconds_count[1h]))`,
          },
        },
      ],
    },
  ],
};
