import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../src/command-line.ts";
import { type Deployment, startDeployment } from "../src/distributed/deployment.ts";
import { targetEnv } from "./support/target-env.ts";
import { createTestIo } from "./support/test-io.ts";
import { until } from "./support/until.ts";

const ENGINES = { redis: true, postgres: true };

describe("the demo as processes on servers", () => {
  it.each([
    ["kafka,redis,postgres", "20"],
    ["kafka", "10"],
  ])("balances on %s, as in one process", async (engines, seconds) => {
    const io = createTestIo();
    const args = ["--engines", engines, "--seconds", seconds, "--events-per-second", "1000", "--json"];
    expect([await runCommand(["demo", ...args], io), io.errors.at(-1)]).toEqual([0, expect.any(String)]);
    const result = JSON.parse(io.lines.at(-1) ?? "") as Record<string, unknown>;
    const { eventsAccepted, rowsInserted, deduplicated } = result;
    expect(result).toMatchObject({ clients: 200, balanced: true, pending: 0, deadLettered: 0 });
    expect(rowsInserted).toBeGreaterThan(1_000);
    expect(Number(rowsInserted) + Number(deduplicated)).toBe(eventsAccepted);
    expect(result).toMatchObject({ reportsRejected: { credential_invalid: expect.any(Number) } });
    process.stdout.write(`demo --engines ${engines}: ${JSON.stringify(result)}\n`);
  });
});

describe("a deployment of two instances each", () => {
  let directory: string;
  let deployment: Deployment;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dit-deployment-"));
    deployment = await startDeployment({
      ...{ env: {}, directory, engines: ENGINES },
      ...{ copies: 2, partitions: 4, say: () => {} },
    });
  });
  afterAll(async () => {
    await deployment?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function dit(...args: string[]) {
    const io = createTestIo({
      ...targetEnv(deployment.instances),
      DIT_AT_ADMIN_SECRET: deployment.adminSecret.reveal(),
      DIT_AT_SERVICE_SECRET: deployment.serviceSecret.reveal(),
      DIT_DATA_DIR: directory,
    });
    const exitCode = await runCommand(args, io);
    return { exitCode, output: [...io.lines, ...io.errors].join("\n") };
  }
  /** The steps that failed, each with what was found. */
  async function failuresOf() {
    const { exitCode, output } = await dit("doctor", "--within-seconds", "30");
    const failures = output.split("\n").filter((line) => line.startsWith("FAIL"));
    expect(exitCode).toBe(failures.length === 0 ? 0 : 1);
    return failures;
  }
  const isWell = () => until(async () => (await failuresOf()).length === 0, 60_000, "it does not get well");

  it("is found well by the doctor, every instance and a report through each edge", async () => {
    const { exitCode, output } = await dit("doctor");
    expect([exitCode, output]).toEqual([0, expect.stringContaining("the pipeline works, end to end")]);
    for (const step of ["acs 2", "ingest 2", "sink 2", "edge 2"])
      expect(output).toContain(`${step} is ready`);
    expect(output.match(/its row is in the warehouse \(way \d\)/g)).toHaveLength(2);
    expect(output).toMatch(/warehouse is ready +ClickHouse \d/);
    // The sinks look at the log every 5 s: the second report may be in no look yet.
    expect(output).toMatch(/the account balances +[12] reports appended, \d pending; 2 events = 2 inserted/);
  });

  it("answers the other commands", async () => {
    const rows = await dit("query", "SELECT count() FROM dit.dit_doctor__heartbeat", "--format", "TSV");
    expect(rows).toEqual({ exitCode: 0, output: expect.stringMatching(/^\d+$/) });
    expect((await dit("use-case", "list")).output).toContain("client_health");
    expect((await dit("keys", "plan", "dit_doctor")).output).toContain("current");
    expect((await dit("audit")).output).toContain("use_case");
  });

  it("is not well without a sink, and says which; the other one takes its partitions", async () => {
    const sink = deployment.fleet.service("sink-2");
    await sink.kill();
    const failures = await failuresOf();
    expect(failures).toEqual([expect.stringMatching(/sink 2 is ready +nothing answers at http/)]);
    expect(failures[0]).toContain(sink.plan.adminUrl);
    await sink.start();
    await isWell();
  });

  it("is not well with an ingest that is stopped in its tracks, and says so", async () => {
    const ingest = deployment.fleet.service("ingest-1");
    ingest.pause();
    const failures = await failuresOf();
    expect(failures[0]).toMatch(/ingest 1 is ready +no answer from http/);
    expect(failures.join()).toMatch(/a report goes edge -> ingest -> log \(way 1\)/);
    expect(failures.join()).not.toContain("(way 2)");
    ingest.resume();
    await isWell();
  });

  it.each([
    ["redis", /acs 1 is ready +.*counters: ECONNREFUSED/],
    ["postgres", /acs 1 is ready +.*documents: (ECONNREFUSED|CONNECTION_\w+)/],
    ["clickhouse", /sink 1 is ready +.*warehouse: ECONNREFUSED/],
    ["kafka", /ingest 1 is ready +.*event_log: (ECONNREFUSED|timeout)/],
  ] as const)("is not well without %s, and says who misses it and why", async (name, reason) => {
    const engine = deployment.engines[name];
    await engine?.stop();
    try {
      // What it answered a second ago a service answers again.
      await until(async () => reason.test((await failuresOf()).join("\n")), 60_000, `nobody misses ${name}`);
    } finally {
      await engine?.start();
    }
    await isWell();
  });

  it("tells of a process that ended by itself, with what it said last", async () => {
    const edge = deployment.fleet.service("edge-1");
    expect(await deployment.fleet.failures()).toEqual([]);
    if (edge.pid === undefined) throw new Error("it does not run");
    process.kill(edge.pid, "SIGKILL");
    await until(() => edge.pid === undefined, 30_000, "it goes on");
    await expect(deployment.check()).rejects.toThrow(/^edge-1 ended by itself \(SIGKILL\):/);
    await edge.start();
    await edge.untilReady();
  });
});
