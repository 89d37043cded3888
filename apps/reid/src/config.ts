import { baseConfigShape, configTypes, eitherKey, loadConfig } from "@dit/service-kit";
import { parseDocumentsUrl, parseWarehouseUrl } from "@dit/storage";
import { z } from "zod";
import type { ReidSettings } from "./settings.ts";

const DEFAULT_PORT = 8084;
const PREFIX = "DIT_REID";

/** Read from `DIT_REID_*`. */
export const reidConfigSchema = z
  .object({
    ...baseConfigShape(DEFAULT_PORT),
    acsUrl: configTypes.url.describe("ACS, or what balances over several").default("http://127.0.0.1:8081"),
    serviceSecret: configTypes.secret.describe("what the monitor shows to ACS to follow use cases"),
    monitorSecret: configTypes.secret.describe("what the monitor shows to ACS to block fields"),
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
    intervalMs: configTypes.durationMs
      .describe("from the end of one run to the start of the next; longer where runs take long")
      .default(300_000),
    settleSeconds: configTypes.durationSeconds
      .describe("after a window's last report can come, how long it may take to be stored")
      .default(600),
    webhookUrl: configTypes.url.describe("gets every alert as it opens, escalates and closes").optional(),
    webhookSecret: configTypes.secret.describe("signs what the webhook gets").optional(),
    alertmanagerUrl: configTypes.url.describe("Alertmanager, gets every open alert at each run").optional(),
    runbookUrl: configTypes.text
      .describe("where people read what an alert means")
      .default("docs/OPERATIONS.md#fieldsreveal"),
  })
  .refine(...eitherKey("documentsUrl", "documentsPath"))
  .refine(...eitherKey("warehouseUrl", "warehousePath"))
  .refine(({ webhookUrl, webhookSecret }) => (webhookUrl === undefined) === (webhookSecret === undefined), {
    message: "is needed together with webhookUrl, and only then",
    path: ["webhookSecret"],
  });

export type ReidConfig = z.output<typeof reidConfigSchema>;

/** Reads `DIT_REID_*`. Throws ConfigError with every problem. */
export function loadReidConfig(env: Readonly<Record<string, string | undefined>>): ReidConfig {
  return loadConfig(reidConfigSchema, env, PREFIX);
}

export function settingsOf(config: ReidConfig): ReidSettings {
  const { webhookUrl: url, webhookSecret: secret } = config;
  return {
    listenHost: config.listenHost,
    adminPort: config.adminPort,
    intervalMs: config.intervalMs,
    settleSeconds: config.settleSeconds,
    webhook: url === undefined || secret === undefined ? undefined : { url, secret },
    alertmanagerUrl: config.alertmanagerUrl,
    runbookUrl: config.runbookUrl,
  };
}
