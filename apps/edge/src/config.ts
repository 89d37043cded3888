import { baseConfigShape, configTypes, loadConfig } from "@dit/service-kit";
import { z } from "zod";
import { EDGE_LIMITS } from "./limits.ts";

const DEFAULT_PORT = 8080;

/** Read from `DIT_EDGE_*`. */
export const edgeConfigSchema = z.object({
  ...baseConfigShape(DEFAULT_PORT),
  ingestUrl: configTypes.url
    .describe("ingest, or what balances over several")
    .default("http://127.0.0.1:8082"),
  edgeSecret: configTypes.secret.describe("what the edge shows to ingest"),
  ratePerSecond: configTypes.ratePerSecond
    .describe("steady reports of one address: a household or an office behind a NAT")
    .default(EDGE_LIMITS.ratePerSecond),
  rateBurst: configTypes.count
    .refine((count) => count >= 1, "must be at least 1")
    .describe("reports that one address may send at once after a pause")
    .default(EDGE_LIMITS.rateBurst),
  maxRateLimitedAddresses: configTypes.count
    .describe(
      "addresses remembered at once, about 100 bytes each; beyond it the least recently seen is forgotten",
    )
    .default(EDGE_LIMITS.maxRateLimitedAddresses),
  minInFlightRequests: configTypes.count
    .refine((count) => count >= 1, "must be at least 1")
    .describe("reports on their way to ingest at once that are let in however long they take")
    .default(EDGE_LIMITS.minInFlightRequests),
  maxInFlightRequests: configTypes.count
    .describe(
      "reports on their way to ingest at once, however fast they are answered; beyond it `overloaded`",
    )
    .default(EDGE_LIMITS.maxInFlightRequests),
  maxConnections: configTypes.count
    .describe("connections at once, each of which may hold a body of 64 KiB; more are dropped as they come")
    .default(EDGE_LIMITS.maxConnections),
  bodyTimeoutMs: configTypes.durationMs
    .describe("for a body to arrive after its headers")
    .default(EDGE_LIMITS.bodyTimeoutMs),
  upstreamConnections: configTypes.count
    .describe("connections to ingest; in one box there are none")
    .default(EDGE_LIMITS.upstreamConnections),
  upstreamTimeoutMs: configTypes.durationMs
    .describe("for ingest's answer; longer than ingest's own deadlines")
    .default(EDGE_LIMITS.upstreamTimeoutMs),
});

export type EdgeConfig = z.output<typeof edgeConfigSchema>;

/** Reads `DIT_EDGE_*`. Throws ConfigError with every problem. */
export function loadEdgeConfig(env: Readonly<Record<string, string | undefined>>): EdgeConfig {
  return loadConfig(edgeConfigSchema, env, "DIT_EDGE");
}
