import { PROBLEMS } from "@dit/protocol";
import { type Matcher, readPromql, type Selector } from "./promql.ts";
import { type MetricDescription, SERVICES } from "./service-metrics.ts";

/** What Prometheus itself adds to every series, and what it knows of each target. */
const TARGET_LABELS = ["job", "instance"];
const PROMETHEUS_METRICS: readonly MetricDescription[] = [
  { name: "up", type: "gauge", labels: [], help: "" },
];
const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/;

/** Every fault of a PromQL expression: metrics that no service has, labels that they do not have, values that no label takes. */
export function checkExpression(expression: string, known: readonly MetricDescription[]): string[] {
  const byName = new Map([...PROMETHEUS_METRICS, ...known].map((metric) => [metric.name, metric]));
  const { selectors, groupedBy } = readPromql(expression);
  const labels = new Set<string>(TARGET_LABELS);
  const faults = selectors.flatMap((selector) => {
    const metric = metricOf(selector, byName);
    if (metric === undefined) return [`there is no metric ${selector.metric}`];
    for (const label of labelsOf(metric)) labels.add(label);
    return selector.matchers.flatMap((matcher) => checkMatcher(selector, matcher, metric));
  });
  const strangers = groupedBy.filter((label) => !labels.has(label));
  return [...faults, ...strangers.map((label) => `none of its metrics has the label ${label}`)];
}

function metricOf(
  { metric }: Selector,
  byName: ReadonlyMap<string, MetricDescription>,
): MetricDescription | undefined {
  const series = byName.get(metric.replace(HISTOGRAM_SUFFIX, ""));
  // A histogram has no series of its own name, and nothing else has these suffixes.
  if (HISTOGRAM_SUFFIX.test(metric) && series?.type === "histogram") return series;
  const exact = byName.get(metric);
  return exact?.type === "histogram" ? undefined : exact;
}

function labelsOf({ labels, type }: MetricDescription): string[] {
  return [...labels, ...(type === "histogram" ? ["le"] : [])];
}

/** Of labels whose values are few and written down, one that is misspelt would match nothing, for ever. */
function checkMatcher(
  { metric }: Selector,
  { label, values }: Matcher,
  description: MetricDescription,
): string[] {
  if (label === "job") return strangersTo(SERVICES, values, `${metric}: no job is called`);
  if (TARGET_LABELS.includes(label)) return [];
  if (!labelsOf(description).includes(label)) return [`${metric} has no label ${label}`];
  if (label === "le") {
    // Prometheus 3 writes 1.0 where the services, and Prometheus 2, write 1.
    const lacking = values.filter((value) => /^-?\d+$/.test(value) && !values.includes(`${value}.0`));
    return lacking.map((value) => `${metric}: le="${value}" is ${value}.0 in Prometheus 3`);
  }
  if (label === "code") {
    return strangersTo([...Object.keys(PROBLEMS), "issued"], values, `${metric}: there is no code`);
  }
  return [];
}

function strangersTo(known: readonly string[], values: readonly string[], fault: string): string[] {
  return values.filter((value) => !known.includes(value)).map((value) => `${fault} ${value}`);
}
