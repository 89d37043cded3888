import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../src/command-line.ts";
import { type Pipeline, startPipeline } from "../src/pipeline/pipeline.ts";
import { freePorts } from "./support/free-ports.ts";
import { MANY_AT_ONCE } from "./support/many-at-once.ts";
import { createTestIo } from "./support/test-io.ts";
import { until } from "./support/until.ts";

const START_WITHIN_MS = 90_000;

let directory: string;
let pipeline: Pipeline;
let port: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-simulate-"));
  [port = 0] = await freePorts(1);
  pipeline = await startPipeline({
    ...{ env: MANY_AT_ONCE, dataDirectory: directory, freePorts: true, writeLog: () => {} },
  });
}, START_WITHIN_MS);
afterAll(async () => {
  await pipeline.stop();
  await rm(directory, { recursive: true, force: true });
}, START_WITHIN_MS);

const environment = () => ({
  DIT_IDENTITY_PROVIDER_LISTEN_PORT: String(port),
  DIT_AT_IDENTITY_PROVIDER_URL: `http://127.0.0.1:${port}`,
  DIT_AT_ACS_URL: pipeline.addresses.acsUrl,
  DIT_AT_EDGE_URL: pipeline.addresses.edgeUrl,
});
const simulate = ["simulate", "--clients", "10", "--events-per-second", "100", "--data"];

describe("dit simulate", () => {
  it("has a population accepted by services that run elsewhere, and ends when it is told to", {
    timeout: 120_000,
  }, async () => {
    const io = createTestIo(environment());
    const ended = runCommand([...simulate, directory], io);
    await until(
      async () => (await pipeline.account.counts()).reportsAccepted > 10,
      90_000,
      "no report is accepted",
    );
    io.interrupt();
    expect(await ended).toBe(0);
    expect(io.lines.at(-1)).toMatch(/^\d+ reports {2}\d+ events accepted {2}\d+ attacks refused$/);
  });

  it("is refused in production mode", async () => {
    const io = createTestIo({ ...environment(), DIT_PRODUCTION: "true" });
    expect(await runCommand([...simulate, directory], io)).toBe(1);
    expect(io.errors.join("\n")).toContain("there is no simulated population in production mode");
  });
});
