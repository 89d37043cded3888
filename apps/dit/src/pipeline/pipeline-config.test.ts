import { expect, it } from "vitest";
import type { DataDirectory } from "./data-directory.ts";
import { loadPipelineConfig } from "./pipeline-config.ts";

const secret = "s".repeat(43);
const data: DataDirectory = {
  path: "d",
  counters: "d/counters",
  documents: "d/documents",
  eventLog: "d/event-log",
  warehouse: "d/warehouse",
  secrets: {
    keyEncryptionKey: Buffer.alloc(32, 1).toString("base64url"),
    edgeSecret: secret,
    serviceSecret: secret,
    adminSecret: secret,
    monitorSecret: secret,
  },
};

it("gives all services what they share", () => {
  const env = { DIT_ENVIRONMENT: "staging", DIT_PRODUCTION: "true", DIT_ACS_LOG_LEVEL: "info" };
  const config = loadPipelineConfig(env, data, false);
  for (const service of Object.values(config))
    expect(service).toMatchObject({ environment: "staging", production: true });
  expect([config.acs.logLevel, config.edge.logLevel]).toEqual(["info", "warn"]);
});

it("lets one address send as much as it likes on a development box only, where all simulated clients share one", () => {
  const rateOf = (env: Record<string, string>) => loadPipelineConfig(env, data, false).edge.ratePerSecond;
  expect(rateOf({})).toBe(100_000);
  expect(rateOf({ DIT_EDGE_RATE_PER_SECOND: "7" })).toBe(7);
  expect(rateOf({ DIT_PRODUCTION: "true" })).toBeLessThan(1_000);
});

it("refuses servers: one box is its data directory", () => {
  const env = { DIT_ACS_COUNTERS_URL: "redis://h", DIT_SINK_EVENT_LOG_URL_FILE: "nowhere" };
  expect(() => loadPipelineConfig(env, data, false)).toThrow(
    expect.objectContaining({
      problems: [
        expect.stringMatching(/^DIT_ACS_COUNTERS_URL: is for a service in a process of its own/),
        expect.stringMatching(/^DIT_SINK_EVENT_LOG_URL_FILE: is for/),
      ],
    }),
  );
});
