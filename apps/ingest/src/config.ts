import { LIMITS } from "@dit/protocol";
import { baseConfigShape, configTypes, eitherKey, loadConfig } from "@dit/service-kit";
import { parseEventLogUrl } from "@dit/storage";
import { z } from "zod";
import { INGEST_LIMITS } from "./limits.ts";

const DEFAULT_PORT = 8082;

/** Read from `DIT_INGEST_*`. */
export const ingestConfigSchema = z
  .object({
    ...baseConfigShape(DEFAULT_PORT),
    acsUrl: configTypes.url.describe("ACS, or what balances over several").default("http://127.0.0.1:8081"),
    serviceSecret: configTypes.secret.describe("what ingest shows to ACS"),
    edgeSecret: configTypes.secret.describe("what ingest asks of whoever sends it reports"),
    eventLogUrl: configTypes
      .connectionString(parseEventLogUrl)
      .describe("Kafka, in place of the embedded event log: `kafka://b1:9092,b2:9092`")
      .optional(),
    eventLogPath: configTypes.path.describe("directory of the embedded event log").optional(),
    minInFlightReports: configTypes.count
      .refine((count) => count >= 1, "must be at least 1")
      .describe("reports worked on at once that are let in however long they take")
      .default(INGEST_LIMITS.minInFlightReports),
    maxInFlightReports: configTypes.count
      .describe(
        "reports worked on at once, however fast that is, at up to 64 KiB of memory each; beyond it `overloaded`",
      )
      .default(INGEST_LIMITS.maxInFlightReports),
    redeemMaxItems: configTypes.count
      .refine(
        (count) => count >= 1 && count <= LIMITS.maxRedemptionsPerRequest,
        `must be from 1 to ${LIMITS.maxRedemptionsPerRequest}`,
      )
      .describe("reports that one request to ACS asks about at most")
      .default(INGEST_LIMITS.redeemMaxItems),
    redeemMaxWaitMs: configTypes.durationMs
      .describe(
        "how long a report waits for others to ask about with it, while some are being asked about; otherwise not at all",
      )
      .default(INGEST_LIMITS.redeemMaxWaitMs),
    appendTimeoutMs: configTypes.durationMs
      .describe(
        "for the event log to have a report; a log that takes longer is down, as far as the client is concerned",
      )
      .default(INGEST_LIMITS.appendTimeoutMs),
    confirmMaxQueued: configTypes.count
      .describe(
        "confirmations that wait for ACS; beyond it the oldest are forgotten, and the sink finds what is sent again",
      )
      .default(INGEST_LIMITS.confirmMaxQueued),
  })
  .refine(...eitherKey("eventLogUrl", "eventLogPath"));

export type IngestConfig = z.output<typeof ingestConfigSchema>;

/** Reads `DIT_INGEST_*`. Throws ConfigError with every problem. */
export function loadIngestConfig(env: Readonly<Record<string, string | undefined>>): IngestConfig {
  return loadConfig(ingestConfigSchema, env, "DIT_INGEST");
}
