export { loadReidConfig, type ReidConfig, reidConfigSchema, settingsOf } from "./config.ts";
export type { ReidContext } from "./context.ts";
export type { RunReport } from "./monitor/create-monitor.ts";
export { createReidMetrics } from "./reid-metrics.ts";
export { createReidService, type ReidService } from "./service.ts";
export { ALERTS_TABLE } from "./tables/alerts.ts";
export { CONTAINMENTS_TABLE } from "./tables/containments.ts";
export { migrateReidTables } from "./tables/ensure-tables.ts";
export { SCORES_TABLE } from "./tables/scores.ts";
