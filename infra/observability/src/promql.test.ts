import { expect, it } from "vitest";
import { readPromql } from "./promql.ts";

const metricsIn = (expression: string) => readPromql(expression).selectors.map(({ metric }) => metric);

it("finds the metrics of an expression, and neither functions, words, durations nor labels", () => {
  expect(
    metricsIn(`histogram_quantile(0.99, sum by (le, job) (rate(a_seconds_bucket{code=~"x|y"}[5m]))) > 0.5
      or (b_total unless b_total offset 1h) and on (use_case) group_left () up == 1 and time() - c > 14 * 86400`),
  ).toEqual(["a_seconds_bucket", "b_total", "b_total", "up", "c"]);
  expect(metricsIn("vector(1)")).toEqual([]);
  expect(metricsIn("sum(rate(a[1h30m:5m])) > bool 1")).toEqual(["a"]);
});

it("finds what a selector asks of labels", () => {
  const { selectors } = readPromql('sum(rate(a{code="x_1", le="-300",outcome!~"p|q"}[5m])) / b');
  expect(selectors).toEqual([
    {
      metric: "a",
      matchers: [
        { label: "code", values: ["x_1"] },
        { label: "le", values: ["-300"] },
        { label: "outcome", values: ["p", "q"] },
      ],
    },
    { metric: "b", matchers: [] },
  ]);
});

it("finds what results are grouped by", () => {
  expect(readPromql("sum by (use_case, reason) (a) / on () group_left (kind) sum(b)").groupedBy).toEqual([
    "use_case",
    "reason",
    "kind",
  ]);
});
