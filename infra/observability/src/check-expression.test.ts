import { expect, it } from "vitest";
import { checkExpression } from "./check-expression.ts";
import { describeMetrics } from "./service-metrics.ts";

const known = describeMetrics("acs");

it.each([
  ["a metric", "rate(dit_acs_issuance_total[5m])", "there is no metric dit_acs_issuance_total"],
  ["a histogram without its suffix", "dit_acs_token_uses", "there is no metric dit_acs_token_uses"],
  ["a suffix", "dit_acs_live_keys_bucket", "there is no metric dit_acs_live_keys_bucket"],
  ["a label", 'dit_acs_live_keys{code="issued"}', "dit_acs_live_keys has no label code"],
  [
    "a code",
    'dit_acs_issuances_total{code=~"issued|quota"}',
    "dit_acs_issuances_total: there is no code quota",
  ],
  ["a job", 'up{job="asc"}', "up: no job is called asc"],
  [
    "a bound as Prometheus 3 writes it, and that",
    'dit_acs_token_uses_bucket{le="1"}',
    'dit_acs_token_uses_bucket: le="1" is 1.0 in Prometheus 3',
  ],
  ["a grouping", "sum by (usecase) (dit_acs_live_keys)", "none of its metrics has the label usecase"],
])("finds %s that does not exist", (_, expression, fault) => {
  expect(checkExpression(expression, known)).toEqual([fault]);
});

it("has nothing to say of what exists", () => {
  const expression = `histogram_quantile(0.9, sum by (le, job, dependency) (rate(dit_acs_dependency_seconds_bucket{operation="use"}[5m])))
    > 0.1 or up{job="acs"} == 0 or process_open_fds{job="acs"} > 10
    or dit_acs_token_uses_bucket{le=~"8|8.0"} > 1 or dit_acs_dependency_seconds_bucket{le="0.5"} > 1`;
  expect(checkExpression(expression, known)).toEqual([]);
});
