export { type EdgeConfig, loadEdgeConfig } from "./config.ts";
export type { EdgeContext, EdgeServiceConfig } from "./context.ts";
export { createEdgeMetrics } from "./edge-metrics.ts";
export { EDGE_LIMITS, type EdgeLimits } from "./limits.ts";
export { createEdgeService, type EdgeService } from "./service.ts";
