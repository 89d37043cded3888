import { baseConfigShape, configTypes, loadConfig } from "@dit/service-kit";
import { z } from "zod";
import { EDGE_LIMITS } from "./limits.ts";

const DEFAULT_PORT = 8080;

const schema = z.object({
  ...baseConfigShape(DEFAULT_PORT),
  ingestUrl: configTypes.url.default("http://127.0.0.1:8082"),
  edgeSecret: configTypes.secret,
  ratePerSecond: configTypes.ratePerSecond.default(EDGE_LIMITS.ratePerSecond),
  rateBurst: configTypes.count
    .refine((count) => count >= 1, "must be at least 1")
    .default(EDGE_LIMITS.rateBurst),
  maxRateLimitedAddresses: configTypes.count.default(EDGE_LIMITS.maxRateLimitedAddresses),
  maxInFlightRequests: configTypes.count.default(EDGE_LIMITS.maxInFlightRequests),
  maxConnections: configTypes.count.default(EDGE_LIMITS.maxConnections),
  bodyTimeoutMs: configTypes.durationMs.default(EDGE_LIMITS.bodyTimeoutMs),
  upstreamConnections: configTypes.count.default(EDGE_LIMITS.upstreamConnections),
  upstreamTimeoutMs: configTypes.durationMs.default(EDGE_LIMITS.upstreamTimeoutMs),
});

export type EdgeConfig = z.output<typeof schema>;

/** Reads `DIT_EDGE_*`. Throws ConfigError with every problem. */
export function loadEdgeConfig(env: Readonly<Record<string, string | undefined>>): EdgeConfig {
  return loadConfig(schema, env, "DIT_EDGE");
}
