export type { ClickHousePanel, Dashboard, Panel, PrometheusPanel } from "./dashboards/dashboard.ts";
export { dashboardJson } from "./dashboards/dashboard-json.ts";
export { DASHBOARDS } from "./dashboards/dashboards.ts";
export {
  described,
  describeMetrics,
  type MetricDescription,
  SERVICES,
  type ServiceName,
} from "./service-metrics.ts";
