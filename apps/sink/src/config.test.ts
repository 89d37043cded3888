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

  it("takes servers in place of paths, and says what is wrong with their URLs without showing them", () => {
    const { DIT_SINK_SERVICE_SECRET, DIT_SINK_KEY_ENCRYPTION_KEY } = env;
    const servers = {
      DIT_SINK_SERVICE_SECRET,
      DIT_SINK_KEY_ENCRYPTION_KEY,
      DIT_SINK_EVENT_LOG_URL: "kafka://b1,b2",
      DIT_SINK_DOCUMENTS_URL: "postgres://u:hunter2@h/d",
      DIT_SINK_WAREHOUSE_URL: "http://u:hunter2@h",
    };
    const config = loadSinkConfig(servers);
    expect(config.warehouseUrl?.reveal()).toBe("http://u:hunter2@h");
    expect(JSON.stringify(config)).not.toContain("hunter2");
    const wrong = {
      ...servers,
      DIT_SINK_DOCUMENTS_URL: "postgres://u:hunter2@h",
      DIT_SINK_WAREHOUSE_PATH: "w",
    };
    expect(() => loadSinkConfig(wrong)).toThrow(
      expect.objectContaining({
        problems: [
          "DIT_SINK_DOCUMENTS_URL: names a database: postgres://.../database",
          "DIT_SINK_WAREHOUSE_PATH: is required, or in its place the URL of a server; not both",
        ],
      }),
    );
  });

  it("names every problem at once", () => {
    expect(() => loadSinkConfig({ DIT_SINK_BATCH_MAX_EVENT: "1" })).toThrow(
      expect.objectContaining({ problems: expect.toSatisfy((problems: string[]) => problems.length === 6) }),
    );
  });
});
