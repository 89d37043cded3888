import type { Dashboard } from "./dashboard.ts";

/** What the monitor found. Which values, nobody is told; which fields, `dit reid report` shows in full. */
export const reIdentification: Dashboard = {
  uid: "dit-re-identification",
  title: "DIT: re-identification",
  rows: [
    {
      title: "Now",
      panels: [
        {
          kind: "number",
          title: "Open alerts",
          description: "Fields and pairs that reveal too much.",
          unit: "short",
          queries: { "{{use_case}}": "sum by (use_case) (dit_reid_open_alerts) or vector(0)" },
          badFrom: 1,
        },
        {
          kind: "number",
          title: "Blocked fields",
          description: "That are not collected, by use case.",
          unit: "short",
          queries: { "{{use_case}}": "max by (use_case) (dit_reid_blocked_fields) or vector(0)" },
        },
        {
          kind: "number",
          title: "Since the last run",
          description: "That measured everything, found the planted canary and could be heard.",
          unit: "s",
          queries: { "": "time() - max(dit_reid_last_success_timestamp_seconds)" },
          badFrom: 7_200,
        },
      ],
    },
    {
      title: "Fields",
      panels: [
        {
          kind: "lines",
          title: "Exposed pids",
          description: "Share of pids with a value that fewer than k have, by field: the ten largest.",
          unit: "percentunit",
          queries: {
            "{{use_case}} {{event}} {{field}}":
              "topk(10, max by (use_case, event, field) (dit_reid_exposed_pids_share))",
          },
        },
        {
          kind: "lines",
          title: "Fields and pairs that are measured",
          description: "By use case.",
          unit: "short",
          queries: { "{{use_case}}": "max by (use_case) (dit_reid_subjects)" },
        },
      ],
    },
    {
      title: "The monitor",
      panels: [
        {
          kind: "lines",
          title: "Runs an hour",
          description: "By outcome: ok, or why not.",
          unit: "short",
          queries: { "{{outcome}}": "sum by (outcome) (increase(dit_reid_runs_total[1h]))" },
        },
        {
          kind: "lines",
          title: "A run",
          description: "Mean. Nine times as long the warehouse has rest from it.",
          unit: "s",
          queries: {
            mean: "sum(rate(dit_reid_run_seconds_sum[1h])) / sum(rate(dit_reid_run_seconds_count[1h]))",
          },
        },
        {
          kind: "lines",
          title: "Alerts, and what does not arrive",
          description: "Told an hour, by what happened to them; and those in the outbox.",
          unit: "short",
          queries: {
            "{{use_case}} {{action}}": "sum by (use_case, action) (increase(dit_reid_alerts_total[1h]))",
            "in the outbox": "max(dit_reid_untold_alerts)",
          },
        },
      ],
    },
  ],
};
