import { baseConfigShape, configTypes, eitherKey, loadConfig } from "@dit/service-kit";
import { parseDocumentsUrl, parseEventLogUrl, parseWarehouseUrl } from "@dit/storage";
import { z } from "zod";
import { DEFAULT_SINK_SETTINGS, type SinkSettings } from "./settings.ts";

const DEFAULT_PORT = 8083;
const PREFIX = "DIT_SINK";
const { batch, reconcile, saltCheckMs } = DEFAULT_SINK_SETTINGS;

/** Read from `DIT_SINK_*`. */
export const sinkConfigSchema = z
  .object({
    ...baseConfigShape(DEFAULT_PORT),
    acsUrl: configTypes.url.describe("ACS, or what balances over several").default("http://127.0.0.1:8081"),
    serviceSecret: configTypes.secret.describe("what the sink shows to ACS"),
    keyEncryptionKey: configTypes.keyEncryptionKey.describe(
      "seals the salts at rest; the same in every ACS and sink",
    ),
    eventLogUrl: configTypes
      .connectionString(parseEventLogUrl)
      .describe("Kafka, in place of the embedded event log: `kafka://b1:9092,b2:9092`")
      .optional(),
    eventLogPath: configTypes.path.describe("directory of the embedded event log").optional(),
    documentsUrl: configTypes
      .connectionString(parseDocumentsUrl)
      .describe("Postgres, in place of the embedded documents: `postgres://user:password@host:5432/database`")
      .optional(),
    documentsPath: configTypes.path.describe("directory of the embedded documents").optional(),
    warehouseUrl: configTypes
      .connectionString(parseWarehouseUrl)
      .describe("ClickHouse, in place of the embedded warehouse: `http://user:password@host:8123`")
      .optional(),
    warehousePath: configTypes.path.describe("directory of the embedded warehouse").optional(),
    batchMaxEvents: configTypes.count
      .describe("events of a batch; it ends with the report that reaches this")
      .default(batch.maxEvents),
    batchMaxWaitMs: configTypes.durationMs
      .describe("how long a batch that has begun waits for more")
      .default(batch.maxWaitMs),
    saltCheckMs: configTypes.durationMs
      .describe("between two looks for salts whose time has come")
      .default(saltCheckMs),
    reconcileEveryMs: configTypes.durationMs
      .describe("between two comparisons of the ledger with tables and offsets")
      .default(reconcile.everyMs),
    reconcileDays: configTypes.count
      .describe("days that a whole comparison looks back, as at the start")
      .default(reconcile.days),
  })
  .refine(...eitherKey("eventLogUrl", "eventLogPath"))
  .refine(...eitherKey("documentsUrl", "documentsPath"))
  .refine(...eitherKey("warehouseUrl", "warehousePath"));

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
