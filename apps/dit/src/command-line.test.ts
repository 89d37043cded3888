import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestIo } from "../test/support/test-io.ts";
import { runCommand } from "./command-line.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-command-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("the dit command", () => {
  it("says what it can do", async () => {
    const io = createTestIo();
    expect(await runCommand([], io)).toBe(0);
    for (const verb of ["up", "demo", "query", "doctor", "keys", "use-case", "audit"]) {
      expect(io.lines.join("\n")).toContain(`dit ${verb}`);
      for (const args of [
        ["help", verb],
        [verb, "--help"],
        [verb, "-h"],
      ]) {
        const asked = createTestIo();
        expect(await runCommand(args, asked)).toBe(0);
        expect(asked.lines[0]).toContain(`usage: dit ${verb}`);
      }
    }
  });

  it("says which version it is", async () => {
    const io = createTestIo();
    expect(await runCommand(["--version"], io)).toBe(0);
    expect(io.lines[0]).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each([
    [["nonsense"], /there is no command "nonsense"/],
    [["demo", "--second", "3"], /--second/],
    [["demo", "--seconds", "soon"], /--seconds must be a positive number/],
    [["demo", "--seconds", "-5"], /--seconds must be a positive number/],
    [["demo", "--clients", "1.5"], /--clients must be a whole number/],
    [
      ["demo", "--scenario", "list"],
      /there is no scenario "list"; there are\n {2}clean .*\n {2}install_time /,
    ],
    [["demo", "--scenario", "toString"], /there is no scenario "toString"/],
    [["demo", "--scenario", "slider", "--clients", "999"], /--clients must be 1000 to 5000 in a scenario/],
    [["demo", "--scenario", "slider", "--seconds", "5"], /--seconds says nothing in a scenario/],
    [["up", "--scenario", "slider"], /--scenario is for --simulate/],
    [["up", "--simulate", "--scenario", "list"], /there is no scenario "list"; there are/],
    [["up", "--clients", "0"], /--clients must be a positive number/],
    [["up", "now"], /"now" is one too many/],
    [["doctor", "--within-seconds", "abc"], /--within-seconds must be a positive number/],
    [["help", "nonsense"], /there is no command "nonsense"/],
    [["query"], /usage: dit query/],
    [["query", " "], /usage: dit query/],
    [["keys", "plan"], /name one use case/],
    [["keys", "rotate", "messaging"], /usage|secrets/],
    [["use-case", "remove"], /apply FILE or list/],
  ])("calls %j a mistake of the command line, with the usage", async (args, message) => {
    const io = createTestIo({ DIT_DATA_DIR: directory });
    expect(await runCommand(args, io)).toBeGreaterThan(0);
    expect(io.errors.join("\n")).toMatch(message);
  });

  it("tells all problems of the configuration at once, of all services", async () => {
    const io = createTestIo({
      DIT_DATA_DIR: directory,
      DIT_EDGE_LISTEN_PORT: "high",
      DIT_ACS_ROTATION_INTERVAL: "5",
      DIT_SINK_KEY_ENCRYPTION_KEY: "short",
    });
    expect(await runCommand(["up"], io)).toBe(2);
    const told = io.errors.join("\n");
    for (const name of ["DIT_EDGE_LISTEN_PORT", "DIT_ACS_ROTATION_INTERVAL", "DIT_SINK_KEY_ENCRYPTION_KEY"]) {
      expect(told).toContain(name);
    }
    expect(told).not.toContain("short");
  });

  it("takes no variable that nobody knows, and tells of a shared one once, under its own name", async () => {
    const io = createTestIo({
      DIT_DATA_DIR: directory,
      DIT_PRODUCTON: "true",
      DIT_LOG_LEVEL: "loud",
      DIT_AT_ACS_ULR: "http://127.0.0.1:8081",
      DIT_DOCTOR_ACCESS_TOKEN: "x",
    });
    expect(await runCommand(["up"], io)).toBe(2);
    expect(io.errors.join("\n").split("\n").slice(1).sort()).toEqual([
      "  DIT_AT_ACS_ULR: is not a known variable; did you mean DIT_AT_ACS_URL?",
      "  DIT_DOCTOR_ACCESS_TOKEN: is not a known variable",
      "  DIT_LOG_LEVEL: must be one of info, warn, error",
      "  DIT_PRODUCTON: is not a known variable; did you mean DIT_PRODUCTION?",
    ]);
  });

  it("wants one key-encryption key for one box", async () => {
    const key = (fill: number) => Buffer.alloc(32, fill).toString("base64url");
    const io = createTestIo({
      DIT_DATA_DIR: join(directory, "two-keys"),
      DIT_ACS_KEY_ENCRYPTION_KEY: key(1),
      DIT_SINK_KEY_ENCRYPTION_KEY: key(2),
    });
    expect(await runCommand(["up"], io)).toBe(2);
    expect(io.errors.join()).toContain("must hold the same key");
  });

  it.each([
    [["up", "--simulate"], "run `dit up`"],
    [["demo"], "no demo"],
  ])("opens nothing for %j in production mode", async (args, told) => {
    const io = createTestIo({ DIT_PRODUCTION: "true", DIT_DATA_DIR: join(directory, "unmade") });
    expect(await runCommand(args, io)).toBe(1);
    expect(io.errors.join()).toContain(told);
    await expect(stat(join(directory, "unmade"))).rejects.toThrow("ENOENT");
  });

  it("says that nothing answers, and where", async () => {
    const io = createTestIo({ DIT_AT_WAREHOUSE_URL: "http://127.0.0.1:1" });
    expect(await runCommand(["query", "SELECT 1"], io)).toBe(1);
    expect(io.errors.join()).toContain("http://127.0.0.1:1: is `dit up` running?");
  });

  it("says that a file is no YAML, and that there is none", async () => {
    const file = join(directory, "broken.yaml");
    await writeFile(file, "useCase: [");
    const io = createTestIo({ DIT_AT_ADMIN_SECRET: "x".repeat(43) });
    expect(await runCommand(["use-case", "apply", file], io)).toBe(1);
    expect(await runCommand(["use-case", "apply", join(directory, "none.yaml")], io)).toBe(1);
    expect(io.errors[0]).toContain("is not YAML");
    expect(io.errors[1]).toContain("cannot read");
  });
});
