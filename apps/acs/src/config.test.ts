import { ConfigError } from "@dit/service-kit";
import { expect, it } from "vitest";
import { loadAcsConfig } from "./config.ts";

const needed = {
  DIT_ACS_SERVICE_SECRET: "s".repeat(32),
  DIT_ACS_ADMIN_SECRET: "a".repeat(32),
  DIT_ACS_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString("base64url"),
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadAcsConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

it("needs its secrets, and nothing else", () => {
  const config = loadAcsConfig(needed);
  expect(config).toMatchObject({
    listenPort: 8081,
    adminPort: 9081,
    production: false,
    applicationServers: {},
  });
  expect(problemsOf({})).toHaveLength(3);
});

it("reads application servers, and never shows their secrets", () => {
  const secret = "t".repeat(40);
  const config = loadAcsConfig({ ...needed, DIT_ACS_APPLICATION_SERVERS: JSON.stringify({ chat: secret }) });
  expect(config.applicationServers.chat?.reveal()).toBe(secret);
  expect(JSON.stringify(config)).not.toContain(secret);
});

it.each([
  ["{", "must be JSON"],
  ["[]", "must be an object"],
  ['{"chat":1}', "must map server ids to secrets"],
  ['{"chat":"short"}', "shorter than 32"],
  [JSON.stringify({ "Not an id": "t".repeat(40) }), "keys are server ids"],
])("refuses application servers %s", (text, problem) => {
  const problems = problemsOf({ ...needed, DIT_ACS_APPLICATION_SERVERS: text });
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems[0]).toContain("DIT_ACS_APPLICATION_SERVERS");
});

it("refuses a server's URL that is wrong, without showing it", () => {
  const problems = problemsOf({
    ...needed,
    DIT_ACS_COUNTERS_URL: "redis://:hunter2@h/x",
    DIT_ACS_DOCUMENTS_URL: "hunter2",
  });
  expect(problems).toEqual([
    "DIT_ACS_COUNTERS_URL: its path is the number of a database",
    "DIT_ACS_DOCUMENTS_URL: must be a URL that begins with postgres://, and hold no #",
  ]);
});
