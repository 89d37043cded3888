import { LIMITS } from "@dit/protocol";
import { baseConfigShape, configTypes, loadConfig } from "@dit/service-kit";
import { z } from "zod";
import { INGEST_LIMITS } from "./limits.ts";

const DEFAULT_PORT = 8082;

const schema = z.object({
  ...baseConfigShape(DEFAULT_PORT),
  acsUrl: configTypes.url.default("http://127.0.0.1:8081"),
  serviceSecret: configTypes.secret,
  edgeSecret: configTypes.secret,
  /** Directory of the embedded event log. */
  eventLogPath: configTypes.path,
  maxInFlightReports: configTypes.count.default(INGEST_LIMITS.maxInFlightReports),
  redeemMaxItems: configTypes.count
    .refine(
      (count) => count >= 1 && count <= LIMITS.maxRedemptionsPerRequest,
      `must be from 1 to ${LIMITS.maxRedemptionsPerRequest}`,
    )
    .default(INGEST_LIMITS.redeemMaxItems),
  redeemMaxWaitMs: configTypes.durationMs.default(INGEST_LIMITS.redeemMaxWaitMs),
  appendTimeoutMs: configTypes.durationMs.default(INGEST_LIMITS.appendTimeoutMs),
  confirmMaxQueued: configTypes.count.default(INGEST_LIMITS.confirmMaxQueued),
});

export type IngestConfig = z.output<typeof schema>;

/** Reads `DIT_INGEST_*`. Throws ConfigError with every problem. */
export function loadIngestConfig(env: Readonly<Record<string, string | undefined>>): IngestConfig {
  return loadConfig(schema, env, "DIT_INGEST");
}
