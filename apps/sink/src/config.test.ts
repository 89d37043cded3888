import { describe, expect, it } from "vitest";
import { loadSinkConfig, settingsOf } from "./config.ts";
import { DEFAULT_SINK_SETTINGS } from "./settings.ts";

const env = {
  DIT_SINK_SERVICE_SECRET: "s".repeat(32),
  DIT_SINK_KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64url"),
  DIT_SINK_EVENT_LOG_PATH: "log",
  DIT_SINK_DOCUMENTS_PATH: "documents",
  DIT_SINK_WAREHOUSE_PATH: "warehouse",
};

describe("the sink's configuration", () => {
  it("has the defaults that the settings have", () => {
    expect(settingsOf(loadSinkConfig(env))).toEqual(DEFAULT_SINK_SETTINGS);
  });

  it("names every problem at once", () => {
    expect(() => loadSinkConfig({ DIT_SINK_BATCH_MAX_EVENT: "1" })).toThrow(
      expect.objectContaining({ problems: expect.toSatisfy((problems: string[]) => problems.length === 6) }),
    );
  });
});
