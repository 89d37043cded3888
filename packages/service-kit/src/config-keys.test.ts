import { expect, it } from "vitest";
import { z } from "zod";
import { configKeys } from "./config-keys.ts";
import { configTypes } from "./config-types.ts";

const { url, secret, durationMs, count, list } = configTypes;

it("says of every key what it takes, whether it is a secret, its default and what it is for", () => {
  const schema = z.object({
    acsUrl: url.describe("ACS").default("http://127.0.0.1:8081"),
    serviceSecret: secret.describe("shown to ACS"),
    maxWaitMs: durationMs
      .refine((ms) => ms > 0)
      .describe("for company")
      .default(2),
    brokers: list.describe("where Kafka is").default(["a:1", "b:1"]),
    other: count.describe("if it is there").optional(),
  });
  expect(configKeys(schema, "DIT_SINK")).toEqual([
    {
      variable: "DIT_SINK_ACS_URL",
      takes: "URL",
      isSecret: false,
      defaultText: "http://127.0.0.1:8081",
      isRequired: false,
      description: "ACS",
    },
    {
      variable: "DIT_SINK_SERVICE_SECRET",
      takes: "at least 32 characters",
      isSecret: true,
      defaultText: undefined,
      isRequired: true,
      description: "shown to ACS",
    },
    expect.objectContaining({ variable: "DIT_SINK_MAX_WAIT_MS", takes: "ms", defaultText: "2" }),
    expect.objectContaining({ variable: "DIT_SINK_BROKERS", defaultText: '["a:1","b:1"]' }),
    expect.objectContaining({ variable: "DIT_SINK_OTHER", isRequired: false, defaultText: undefined }),
  ]);
});

it.each([
  ["no description", z.object({ port: configTypes.port })],
  ["no unit", z.object({ port: z.string().describe("x") })],
])("refuses a key with %s", (_, schema) => {
  expect(() => configKeys(schema, "DIT_ACS")).toThrow("DIT_ACS_PORT");
});
