import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
    for (const verb of ["up", "demo", "query", "doctor", "keys", "use-case"]) {
      expect(io.lines.join("\n")).toContain(`dit ${verb}`);
    }
  });

  it.each([
    [["nonsense"], /there is no command "nonsense"/],
    [["demo", "--second", "3"], /--second/],
    [["demo", "--seconds", "soon"], /--seconds must be a positive number/],
    [["query"], /usage: dit query/],
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
