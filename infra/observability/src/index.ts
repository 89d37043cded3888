export { describeMetrics, type MetricDescription, SERVICES, type ServiceName } from "./service-metrics.ts";
