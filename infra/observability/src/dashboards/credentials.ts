import type { Dashboard } from "./dashboard.ts";

/** What ACS does: tokens, their uses, and keys. */
export const credentials: Dashboard = {
  uid: "dit-credentials",
  title: "DIT: credentials (ACS)",
  rows: [
    {
      title: "Issuance",
      panels: [
        {
          kind: "lines",
          title: "Requests for tokens, by outcome",
          description: "issued, or the code of the refusal.",
          unit: "reqps",
          queries: { "{{code}}": "sum by (code) (rate(dit_acs_issuances_total[5m]))" },
        },
        {
          kind: "lines",
          title: "Tokens issued a second",
          description: "By use case.",
          unit: "short",
          queries: { "{{use_case}}": "sum by (use_case) (rate(dit_acs_tokens_issued_total[5m]))" },
        },
        {
          kind: "lines",
          title: "Accounts that have had their tokens",
          description: "Refusals for the quota, by use case. None, or a few.",
          unit: "reqps",
          queries: { "{{use_case}}": "sum by (use_case) (rate(dit_acs_quota_refusals_total[5m]))" },
        },
      ],
    },
    {
      title: "Redemption",
      panels: [
        {
          kind: "lines",
          title: "Redemptions, by outcome",
          description:
            "reserved: a use was counted. repeated, confirmed: the same report again. Else the code of the refusal.",
          unit: "reqps",
          queries: { "{{outcome}}": "sum by (outcome) (rate(dit_acs_redemptions_total[5m]))" },
        },
        {
          kind: "lines",
          title: "Uses a token",
          description: "How large the groups of reports get that are linkable to one another.",
          unit: "short",
          queries: {
            mean: 'sum(rate(dit_acs_token_uses_count[1h])) / sum(rate(dit_acs_token_uses_bucket{le=~"1|1.0"}[1h]))',
          },
        },
        {
          kind: "lines",
          title: "Tokens that come to so many uses",
          description: "Of the tokens that are used, the share that is used more than 1, 8 and 32 times.",
          unit: "percentunit",
          queries: {
            "more than 1": `(sum(rate(dit_acs_token_uses_bucket{le=~"2|2.0"}[1h])) - sum(rate(dit_acs_token_uses_bucket{le=~"1|1.0"}[1h])))
  / sum(rate(dit_acs_token_uses_bucket{le=~"1|1.0"}[1h]))`,
            "more than 8": `(sum(rate(dit_acs_token_uses_bucket{le=~"16|16.0"}[1h])) - sum(rate(dit_acs_token_uses_bucket{le=~"8|8.0"}[1h])))
  / 8 / sum(rate(dit_acs_token_uses_bucket{le=~"1|1.0"}[1h]))`,
            "more than 32": `(sum(rate(dit_acs_token_uses_bucket{le=~"64|64.0"}[1h])) - sum(rate(dit_acs_token_uses_bucket{le=~"32|32.0"}[1h])))
  / 32 / sum(rate(dit_acs_token_uses_bucket{le=~"1|1.0"}[1h]))`,
          },
        },
      ],
    },
    {
      title: "Keys",
      panels: [
        {
          kind: "lines",
          title: "Until the next key issues",
          description: "Apps that have not pinned it stop sending then.",
          unit: "s",
          queries: { "{{use_case}}": "min by (use_case) (dit_acs_key_time_left_seconds)" },
        },
        {
          kind: "lines",
          title: "Age of the key that issues",
          description: "By use case.",
          unit: "s",
          queries: { "{{use_case}}": "max by (use_case) (dit_acs_key_age_seconds)" },
        },
        {
          kind: "lines",
          title: "Keys with a secret",
          description:
            "2 of each use case: the one that issues and the next. And those that cannot be opened: none.",
          unit: "short",
          queries: {
            "{{use_case}}": "min by (use_case) (dit_acs_live_keys)",
            "{{use_case}}, not opened": "max by (use_case) (dit_acs_unopened_keys) > 0",
          },
        },
        {
          kind: "lines",
          title: "Since keys and epochs were looked after",
          description: "By any ACS. Seconds, not minutes.",
          unit: "s",
          queries: { "": "time() - max(dit_acs_rotation_success_timestamp_seconds)" },
        },
      ],
    },
    {
      title: "Stores",
      panels: [
        {
          kind: "lines",
          title: "Counters and documents, 99 %",
          description: "use and take are what clients wait for.",
          unit: "s",
          queries: {
            "{{dependency}} {{operation}}":
              "histogram_quantile(0.99, sum by (le, dependency, operation) (rate(dit_acs_dependency_seconds_bucket[5m])))",
          },
        },
        {
          kind: "lines",
          title: "Failures",
          description: "Of stores and of identity providers' key sets (jwks), by reason.",
          unit: "short",
          queries: {
            "{{dependency}} {{reason}}":
              "sum by (dependency, reason) (rate(dit_acs_dependency_failures_total[5m]))",
          },
        },
        {
          kind: "lines",
          title: "Answers, 99 %",
          description: "By route.",
          unit: "s",
          queries: {
            "{{method}} {{route}}":
              "histogram_quantile(0.99, sum by (le, method, route) (rate(dit_acs_http_request_seconds_bucket[5m])))",
          },
        },
      ],
    },
  ],
};
