import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "../src/command-line.ts";
import { type ChildPipeline, createChildPipeline } from "./support/child-pipeline.ts";
import { freePorts } from "./support/free-ports.ts";
import { createTestIo } from "./support/test-io.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 60_000;

let directory: string;
let child: ChildPipeline | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-lifecycle-"));
});
afterEach(async () => {
  await child?.kill();
  child = undefined;
  await rm(directory, { recursive: true, force: true });
});

describe("dit up", () => {
  it("leaves its addresses for the other commands, holds its data directory, and says at the end what is pending", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const pipeline = await createChildPipeline(directory);
    child = pipeline;
    await pipeline.start();
    const asked = createTestIo({ DIT_DATA_DIR: directory });
    expect(await runCommand(["keys", "plan", "dit_doctor"], asked)).toBe(0);
    expect(asked.lines[0]).toMatch(/1 +current .*\n +2 +next /);
    expect(await runCommand(["audit"], asked)).toBe(0);
    expect(asked.lines[1]).toContain("use_case.created");
    expect(await runCommand(["keys", "plan", "nothing"], asked)).toBe(1);
    expect(asked.errors.at(-1)).toContain('there is no use case "nothing"');

    const other = createTestIo({ ...(await createChildPipeline(directory)).env });
    expect(await runCommand(["up"], other)).toBe(1);
    expect(other.errors.at(-1)).toContain(`${directory} is in use by another dit process`);

    expect(await pipeline.stop()).toBe(0);
    expect(pipeline.output()).toMatch(/stopped; 0 reports pending\n$/);
  });

  it("stops what it started if it fails", { timeout: TIMEOUT_MS }, async () => {
    const [port] = await freePorts(1);
    // The warehouse is the last to listen.
    const env = {
      DIT_WAREHOUSE_LISTEN_PORT: String(port),
      DIT_EDGE_LISTEN_PORT: String(port),
      DIT_DATA_DIR: directory,
    };
    const ports = { ACS: 0, INGEST: 0, SINK: 0, IDENTITY_PROVIDER: 0 };
    for (const [service, free] of Object.entries(ports))
      Object.assign(env, { [`DIT_${service}_LISTEN_PORT`]: String(free) });
    const io = createTestIo({ ...env, DIT_EDGE_ADMIN_PORT: "0", DIT_WAREHOUSE_ADMIN_PORT: "0" });
    expect(await runCommand(["up"], io)).toBe(1);
    expect(io.errors.at(-1)).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use`);
    expect(await readdir(directory)).not.toContain("in-use");
  });
});

describe("dit demo", () => {
  it("ends early when it is interrupted: balanced, one JSON object, nothing left behind", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const before = await demoDirectories();
    const io = createTestIo();
    const running = runCommand(
      ["demo", "--seconds", "600", "--clients", "50", "--events-per-second", "300", "--json"],
      io,
    );
    await until(() => io.errors.some((line) => line.includes("rows stored")), 30_000, "it does not get on");
    io.interrupt();
    expect(await running).toBe(0);
    expect(io.lines).toHaveLength(1);
    expect(JSON.parse(io.lines[0] ?? "")).toMatchObject({ clients: 50, pending: 0, balanced: true });
    expect(io.errors.join("\n")).toContain("an analyst asks");
    expect(await demoDirectories()).toEqual(before);
  });
});

async function demoDirectories(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("dit-demo-"));
}
