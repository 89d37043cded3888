import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/**
 * All that a series may be told apart by: things that the source or a use-case document lists. Nothing of a request, and
 * nothing that says who: a label is kept for as long as the process lives, and Prometheus keeps it longer.
 */
const METRIC_LABELS = [
  "action",
  "attempt",
  "code",
  "dependency",
  "event",
  "field",
  "kind",
  "method",
  "operation",
  "outcome",
  "partition",
  "reason",
  "route",
  "state",
  "status",
  "table",
  "topic",
  "use_case",
] as const;
export type MetricLabel = (typeof METRIC_LABELS)[number];

/**
 * A service's metrics in a registry of its own. Names are given without the prefix `dit_<service>_`: what is measured, its unit, and
 * `_total` for what only grows.
 */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends MetricLabel = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): Counter<Label>;
  gauge<Label extends MetricLabel = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): Gauge<Label>;
  /** A gauge without labels that is asked for its value when it is read. */
  reading(name: string, help: string, read: () => number): void;
  histogram<Label extends MetricLabel = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
  /** The Prometheus text exposition. */
  text(): Promise<string>;
  /**
   * The sum over every series that has these labels; `<name>_count` and `<name>_sum` of a histogram. Throws for a name that
   * was never registered, so that a misspelt check cannot read 0.
   */
  value(name: string, labels?: Readonly<Record<string, string | number>>): Promise<number>;
}

/** `processMetrics`: those of the process too, under Prometheus' own names (`process_*`, `nodejs_*`). */
export function createMetrics(service: string, options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  const prefix = `dit_${service.replaceAll("-", "_")}_`;
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const common = <Label extends MetricLabel>(name: string, help: string, labels: readonly Label[]) => {
    const unlisted = labels.find((label) => !METRIC_LABELS.includes(label));
    if (unlisted !== undefined) throw new Error(`${name}: ${unlisted} is not among the labels of metrics`);
    return { name: prefix + name, help, labelNames: labels, registers: [registry] };
  };
  return {
    registry,
    counter: (name, help, labels = []) => new Counter(common(name, help, labels)),
    gauge: (name, help, labels = []) => new Gauge(common(name, help, labels)),
    reading(name, help, read) {
      new Gauge({
        ...common(name, help, []),
        collect() {
          this.set(read());
        },
      });
    },
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ ...common(name, help, labels), buckets: [...buckets] }),
    text: () => registry.metrics(),
    value: async (name, labels = {}) => {
      const full = name.startsWith(prefix) ? name : prefix + name;
      const metric =
        registry.getSingleMetric(full) ?? registry.getSingleMetric(full.replace(/_(count|sum|bucket)$/, ""));
      if (metric === undefined) throw new Error(`no metric is named ${full}`);
      const { values } = await metric.get();
      return sumOf(values, full, labels);
    },
  };
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly metricName?: string;
}

function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string | number>>,
): number {
  const wanted = Object.entries(labels);
  return samples
    .filter((sample) => sample.metricName === undefined || sample.metricName === name)
    .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, sample) => sum + sample.value, 0);
}
