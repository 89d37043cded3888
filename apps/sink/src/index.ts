export { loadSinkConfig, type SinkConfig, settingsOf } from "./config.ts";
export type { SinkContext } from "./context.ts";
export { decodeIntent, encodeIntent, type Intent } from "./intent.ts";
export type { ReconcileReport } from "./reconcile-partition.ts";
export { createSinkService, type SinkProgress, type SinkService } from "./service.ts";
export { DEFAULT_SINK_SETTINGS, type SinkSettings } from "./settings.ts";
export { createSinkMetrics } from "./sink-metrics.ts";
export { CONSUMER_GROUP } from "./sink-parts.ts";
export { parseRecord, type SinkRecord } from "./sink-record.ts";
