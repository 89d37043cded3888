export { type IngestConfig, loadIngestConfig } from "./config.ts";
export type { IngestContext, IngestServiceConfig } from "./context.ts";
export { createIngestMetrics } from "./ingest-metrics.ts";
export { INGEST_LIMITS, type IngestLimits } from "./limits.ts";
export { decodeReportBody } from "./report-body.ts";
export { type CheckedReport, compileReportValidator, type ReportValidator } from "./report-validator.ts";
export { createIngestService, type IngestService } from "./service.ts";
