import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { baseConfigShape, ConfigError, loadConfig } from "./config.ts";
import { configTypes } from "./config-types.ts";

const secretText = "s".repeat(40);
const keyText = "A".repeat(43);

const schema = z.object({
  ...baseConfigShape(8081),
  serviceSecret: configTypes.secret,
  keyEncryptionKey: configTypes.keyEncryptionKey,
  acsUrl: configTypes.url,
  pollMs: configTypes.durationMs.default(2000),
  brokers: configTypes.list.default(["127.0.0.1:9092"]),
});
const complete = {
  DIT_ACS_SERVICE_SECRET: secretText,
  DIT_ACS_KEY_ENCRYPTION_KEY: keyText,
  DIT_ACS_ACS_URL: "http://127.0.0.1:8081/",
};

const load = (env: Record<string, string | undefined>) => loadConfig(schema, env, "DIT_ACS");

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  it("comes from the environment, with defaults, frozen", () => {
    const config = load({ ...complete, HOME: "/root", DIT_EDGE_LISTEN_PORT: "x" });
    expect(config).toMatchObject({
      environment: "development",
      production: false,
      listenHost: "127.0.0.1",
      listenPort: 8081,
      adminPort: 9081,
      logLevel: "info",
      acsUrl: "http://127.0.0.1:8081",
      pollMs: 2000,
      brokers: ["127.0.0.1:9092"],
      keyEncryptionKey: new Uint8Array(32),
    });
    expect(config.serviceSecret.reveal()).toBe(secretText);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("lets the admin port follow the listen port, unless it is set", () => {
    expect(load({ ...complete, DIT_ACS_LISTEN_PORT: "7000" }).adminPort).toBe(8000);
    expect(load({ ...complete, DIT_ACS_LISTEN_PORT: "0" }).adminPort).toBe(0);
    expect(load({ ...complete, DIT_ACS_LISTEN_PORT: "7000", DIT_ACS_ADMIN_PORT: "1" }).adminPort).toBe(1);
    expect(problemsOf({ ...complete, DIT_ACS_LISTEN_PORT: "65000" })).toEqual([
      expect.stringContaining("DIT_ACS_ADMIN_PORT"),
    ]);
  });

  it("names everything that is wrong at once, and no value", () => {
    const problems = problemsOf({
      DIT_ACS_SERVICE_SECRET: "short-hunter2",
      DIT_ACS_KEY_ENCRYPTION_KEY: "hunter2",
      DIT_ACS_LISTEN_PORT: "hunter2",
      DIT_ACS_PRODUCTION: "hunter2",
      DIT_ACS_LOG_LEVEL: "hunter2",
      DIT_ACS_BROKERS: "hunter2,,b",
      DIT_ACS_POLL_MS: "-1",
      DIT_ACS_LISTEN_HOST: "",
    });
    const named = problems.map((problem) => problem.slice(0, problem.indexOf(":")));
    expect(named.sort()).toEqual([
      "DIT_ACS_ACS_URL",
      "DIT_ACS_BROKERS",
      "DIT_ACS_KEY_ENCRYPTION_KEY",
      "DIT_ACS_LISTEN_HOST",
      "DIT_ACS_LISTEN_PORT",
      "DIT_ACS_LOG_LEVEL",
      "DIT_ACS_POLL_MS",
      "DIT_ACS_PRODUCTION",
      "DIT_ACS_SERVICE_SECRET",
    ]);
    expect(problems).toContain("DIT_ACS_ACS_URL: is required");
    expect(problems.join("\n")).not.toContain("hunter2");
  });

  it("takes a typo for a problem, and says what was meant", () => {
    expect(problemsOf({ ...complete, DIT_ACS_LISTEN_PROT: "1" })).toEqual([
      "DIT_ACS_LISTEN_PROT: is not a known variable; did you mean DIT_ACS_LISTEN_PORT?",
    ]);
    expect(problemsOf({ ...complete, DIT_ACS_SOMETHING_ELSE: "1" })).toEqual([
      "DIT_ACS_SOMETHING_ELSE: is not a known variable",
    ]);
  });

  it.each([
    ["ftp://host/", "another scheme"],
    ["127.0.0.1:8081", "no scheme"],
    ["http://user:pass@host", "credentials"],
  ])("refuses %s as a URL (%s)", (url) => {
    expect(problemsOf({ ...complete, DIT_ACS_ACS_URL: url })).toHaveLength(1);
  });

  it.each(["1.5", "1e3", "0x10", " 1", "+1", "1_000", "65536"])("refuses %s as a port", (port) => {
    expect(problemsOf({ ...complete, DIT_ACS_ADMIN_PORT: port })).toHaveLength(1);
  });
});

describe("a placeholder", () => {
  const placed = { ...complete, DIT_ACS_SERVICE_SECRET: `CHANGEME-${secretText}` };

  it("is no secret in production mode", () => {
    expect(problemsOf({ ...placed, DIT_ACS_PRODUCTION: "true" })).toEqual([
      "DIT_ACS_SERVICE_SECRET: is still the placeholder, which everybody knows",
    ]);
    expect(problemsOf({ ...complete, DIT_ACS_PRODUCTION: "true" })).toEqual([]);
  });

  it("does elsewhere", () => {
    expect(problemsOf(placed)).toEqual([]);
  });
});

describe("a variable's _FILE form", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "dit-config-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function fileOf(content: string): string {
    const path = join(directory, "value");
    writeFileSync(path, content);
    return path;
  }

  const { DIT_ACS_SERVICE_SECRET: _, ...rest } = complete;

  it.each([
    ["", ""],
    ["\n", ""],
    ["\r\n", ""],
    ["\n\n", "\n"],
    ["  ", "  "],
  ])("reads the value from the file and cuts off one line end (%j)", (end, kept) => {
    const config = load({ ...rest, DIT_ACS_SERVICE_SECRET_FILE: fileOf(secretText + end) });
    expect(config.serviceSecret.reveal()).toBe(secretText + kept);
  });

  it("is a problem if the file is missing or empty, said once and without its path", () => {
    expect(problemsOf({ ...rest, DIT_ACS_SERVICE_SECRET_FILE: join(directory, "nowhere") })).toEqual([
      "DIT_ACS_SERVICE_SECRET: the file cannot be read (ENOENT)",
    ]);
    expect(problemsOf({ ...rest, DIT_ACS_SERVICE_SECRET_FILE: fileOf("\n") })).toEqual([
      "DIT_ACS_SERVICE_SECRET: the file is empty",
    ]);
  });

  it("is a problem beside the variable itself", () => {
    expect(problemsOf({ ...complete, DIT_ACS_SERVICE_SECRET_FILE: fileOf(secretText) })).toEqual([
      "DIT_ACS_SERVICE_SECRET: is set twice, by itself and by _FILE",
    ]);
  });
});
