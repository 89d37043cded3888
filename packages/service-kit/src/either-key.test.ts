import { expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, loadConfig } from "./config.ts";
import { configTypes } from "./config-types.ts";
import { eitherKey } from "./either-key.ts";

function parse(text: string): void {
  if (!text.startsWith("kafka://")) throw new Error("must begin with kafka://");
}
const schema = z
  .object({
    secret: configTypes.secret,
    logUrl: configTypes.connectionString(parse).optional(),
    logPath: configTypes.path.optional(),
  })
  .refine(...eitherKey("logUrl", "logPath"));
const secret = { DIT_X_SECRET: "s".repeat(32) };

function load(env: Record<string, string>) {
  try {
    return loadConfig(schema, env, "DIT_X");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

it("takes a path, or a URL in its place, which it does not show", () => {
  expect(load({ ...secret, DIT_X_LOG_PATH: "log" })).toMatchObject({ logPath: "log" });
  const config = load({ ...secret, DIT_X_LOG_URL: "kafka://u:hunter2@b1" });
  expect(config).toMatchObject({ logUrl: { reveal: expect.any(Function) } });
  expect(JSON.stringify(config)).not.toContain("hunter2");
});

it("wants one of them, and says so with all that is wrong besides", () => {
  const either = "DIT_X_LOG_PATH: is required, or in its place the URL of a server; not both";
  expect(load({})).toEqual(["DIT_X_SECRET: is required", either]);
  expect(load({ ...secret, DIT_X_LOG_PATH: "log", DIT_X_LOG_URL: "kafka://b1" })).toEqual([either]);
});

it("says what is wrong with a URL without quoting it", () => {
  expect(load({ ...secret, DIT_X_LOG_URL: "u:hunter2@b1" })).toEqual([
    "DIT_X_LOG_URL: must begin with kafka://",
  ]);
});
