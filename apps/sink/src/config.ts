import { baseConfigShape, configTypes, loadConfig } from "@dit/service-kit";
import { z } from "zod";
import { DEFAULT_SINK_SETTINGS, type SinkSettings } from "./settings.ts";

const DEFAULT_PORT = 8083;
const PREFIX = "DIT_SINK";
const { batch, reconcile, saltCheckMs } = DEFAULT_SINK_SETTINGS;

const sinkConfigSchema = z.object({
  ...baseConfigShape(DEFAULT_PORT),
  acsUrl: configTypes.url.default("http://127.0.0.1:8081"),
  serviceSecret: configTypes.secret,
  keyEncryptionKey: configTypes.keyEncryptionKey,
  eventLogPath: configTypes.path,
  documentsPath: configTypes.path,
  warehousePath: configTypes.path,
  batchMaxEvents: configTypes.count.default(batch.maxEvents),
  batchMaxWaitMs: configTypes.durationMs.default(batch.maxWaitMs),
  saltCheckMs: configTypes.durationMs.default(saltCheckMs),
  reconcileEveryMs: configTypes.durationMs.default(reconcile.everyMs),
  reconcileDays: configTypes.count.default(reconcile.days),
});

export type SinkConfig = z.output<typeof sinkConfigSchema>;

/** Reads `DIT_SINK_*`. Throws ConfigError with every problem. */
export function loadSinkConfig(env: Readonly<Record<string, string | undefined>>): SinkConfig {
  return loadConfig(sinkConfigSchema, env, PREFIX);
}

export function settingsOf(config: SinkConfig): SinkSettings {
  return {
    ...DEFAULT_SINK_SETTINGS,
    listenHost: config.listenHost,
    adminPort: config.adminPort,
    batch: { maxEvents: config.batchMaxEvents, maxWaitMs: config.batchMaxWaitMs },
    saltCheckMs: config.saltCheckMs,
    reconcile: { everyMs: config.reconcileEveryMs, days: config.reconcileDays },
  };
}
