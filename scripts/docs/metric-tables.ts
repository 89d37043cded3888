import { describeMetrics, type MetricDescription, SERVICES } from "../../infra/observability/src/index.ts";

/** So many services have it for the same reason: it is told once. */
const COMMON_FROM = 3;

/** The tables of docs/METRICS.md: what each service shows besides the process's own figures. */
export function metricTables(): Record<string, string> {
  const shown = SERVICES.map((service) => {
    const prefix = `dit_${service}_`;
    const own = describeMetrics(service).filter(({ name }) => name.startsWith(prefix));
    return { service, metrics: own.map((metric) => ({ ...metric, name: metric.name.slice(prefix.length) })) };
  });
  const byName = Map.groupBy(
    shown.flatMap(({ metrics }) => metrics),
    ({ name }) => name,
  );
  const isCommon = ({ name }: MetricDescription) => (byName.get(name)?.length ?? 0) >= COMMON_FROM;
  const common = [...byName.values()].flatMap(([first]) => (first && isCommon(first) ? [first] : []));
  const services = shown.map(({ service, metrics }) => [
    service,
    tableOf(
      `dit_${service}_`,
      metrics.filter((metric) => !isCommon(metric)),
    ),
  ]);
  return { common: tableOf("dit_*_", common), ...Object.fromEntries(services) };
}

function tableOf(prefix: string, metrics: readonly MetricDescription[]): string {
  const rows = metrics.map(
    ({ name, type, labels, help }) => `| \`${prefix}${name}\` | ${type} | ${labels.join(", ")} | ${help} |`,
  );
  return ["| metric | type | labels | says |", "|---|---|---|---|", ...rows].join("\n");
}
