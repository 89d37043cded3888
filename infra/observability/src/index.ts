export type { Dashboard, Panel } from "./dashboards/dashboard.ts";
export { dashboardJson } from "./dashboards/dashboard-json.ts";
export { DASHBOARDS } from "./dashboards/dashboards.ts";
export { readPromql } from "./promql.ts";
export { describeMetrics, type MetricDescription, SERVICES, type ServiceName } from "./service-metrics.ts";
