import { createAcsMetrics } from "@dit/acs";
import { createEdgeMetrics } from "@dit/edge";
import { createIngestMetrics } from "@dit/ingest";
import { createReidMetrics } from "@dit/reid";
import {
  createAcsClient,
  createAdminApp,
  createAdmissions,
  createDependencyWatches,
  createHttpApp,
  createLogger,
  createMetrics,
  type Metrics,
  Secret,
} from "@dit/service-kit";
import { createSinkMetrics } from "@dit/sink";

export const SERVICES = ["edge", "acs", "ingest", "sink", "reid"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** One metric as its service describes it. */
export interface MetricDescription {
  readonly name: string;
  /** `counter`, `gauge` or `histogram`. */
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric that a service can show, without running it. */
export function describeMetrics(service: ServiceName): MetricDescription[] {
  const metrics = createMetrics(service, { processMetrics: true });
  const logger = createLogger({ service, write: () => undefined });
  createAdminApp({ service, version: "0", metrics, checks: [] });
  if (service !== "reid") createDependencyWatches({ logger, metrics });
  if (service !== "sink" && service !== "reid") {
    createHttpApp({ service, logger, metrics });
    createAdmissions({ metrics });
  }
  if (service === "ingest" || service === "sink" || service === "reid") {
    createAcsClient({ baseUrl: "http://acs", serviceSecret: new Secret("unused"), metrics });
  }
  createOwnMetrics(service, metrics);
  return described(metrics);
}

function createOwnMetrics(service: ServiceName, metrics: Metrics): void {
  if (service === "edge") createEdgeMetrics(metrics, () => 0);
  else if (service === "acs") createAcsMetrics(metrics);
  else if (service === "ingest") createIngestMetrics(metrics, () => 0);
  else if (service === "sink") createSinkMetrics(metrics);
  else createReidMetrics(metrics);
}

/** What a registry holds, by name. */
function described({ registry }: Metrics): MetricDescription[] {
  return registry
    .getMetricsAsArray()
    .map((metric) => ({
      name: metric.name,
      type: String(metric.type),
      labels: "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [],
      help: metric.help,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
