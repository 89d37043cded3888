import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { startSimulator } from "@dit/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instancesOf } from "../src/addresses.ts";
import { balanceOf } from "../src/balance.ts";
import { examine, type Finding } from "../src/doctor/examine.ts";
import { type Pipeline, startPipeline } from "../src/pipeline/pipeline.ts";
import { simulationSetting } from "../src/pipeline/simulation-setting.ts";
import { MANY_AT_ONCE } from "./support/many-at-once.ts";
import { until } from "./support/until.ts";

const START_WITHIN_MS = 90_000;

let directory: string;
let pipeline: Pipeline;
let clickhouse: ClickHouseClient;
const log: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-pipeline-"));
  pipeline = await startPipeline({
    env: MANY_AT_ONCE,
    dataDirectory: directory,
    freePorts: true,
    writeLog: (line) => log.push(line),
  });
  clickhouse = createClient({ url: pipeline.addresses.warehouseUrl, log: { level: ClickHouseLogLevel.OFF } });
}, START_WITHIN_MS);
afterAll(async () => {
  await clickhouse.close();
  await pipeline.stop();
  await rm(directory, { recursive: true, force: true });
}, START_WITHIN_MS);

describe("the pipeline in one process", () => {
  it("stores what a population of honest and hostile clients gets accepted, and balances", {
    timeout: 240_000,
  }, async () => {
    const before = await pipeline.account.stored();
    const simulator = startSimulator(
      await simulationSetting(pipeline, { clients: 50, eventsPerSecond: 400 }),
    );
    await until(
      () => simulator.stats().reportsRejected.token_exhausted !== undefined,
      120_000,
      "no token is exhausted",
    );
    const stats = await simulator.stop();
    await until(async () => (await pipeline.account.stored()).pending === 0, 60_000, "reports stay pending");
    const counts = await pipeline.account.counts();
    expect(balanceOf(counts, await pipeline.account.stored(), before)).toEqual({
      balanced: true,
      reasons: [],
    });
    expect(stats.surprises).toEqual({});
    expect(stats.eventsAccepted).toBeGreaterThan(500);
    // A client whose last answer was lost does not know that its report was accepted.
    expect(stats.reportsAccepted).toBeLessThanOrEqual(counts.reportsAccepted);
    for (const code of ["credential_invalid", "payload_too_large", "report_invalid", "token_exhausted"]) {
      expect(counts.reportsRejected[code], code).toBeGreaterThan(0);
    }
    expect(log.filter((line) => line.includes('"error"'))).toEqual([]);
  });

  it("is found well by the doctor, hop by hop", { timeout: 90_000 }, async () => {
    const findings = await collect({});
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(findings.map(({ step }) => step)).toContain("its row is in the warehouse");
  });

  it.each<[string, Partial<Record<"acsUrl" | "edgeUrl" | "warehouseUrl", string>>, string]>([
    ["ACS", { acsUrl: "http://127.0.0.1:1" }, "the client has keys"],
    ["the edge", { edgeUrl: "http://127.0.0.1:1" }, "a report goes edge -> ingest -> log"],
    ["the warehouse", { warehouseUrl: "http://127.0.0.1:1" }, "its row is in the warehouse"],
  ])("is told apart when %s is away", { timeout: 90_000 }, async (_, away, dead) => {
    const findings = await collect(away);
    expect(findings.find(({ ok }) => !ok)?.step).toBe(dead);
  });
});

describe("the warehouse over HTTP", () => {
  const get = (query: string) =>
    fetch(`${pipeline.addresses.warehouseUrl}/?${new URLSearchParams({ query })}`);

  it("answers curl", async () => {
    expect(await (await fetch(`${pipeline.addresses.warehouseUrl}/ping`)).text()).toBe("Ok.\n");
    expect(await (await fetch(`${pipeline.addresses.warehouseUrl}/?query=SELECT+1`)).text()).toBe("1\n");
    const posted = await fetch(`${pipeline.addresses.warehouseUrl}/?default_format=JSONEachRow`, {
      method: "POST",
      body: "SELECT 1 AS one",
    });
    expect(await posted.text()).toBe('{"one":1}\n');
    expect(posted.headers.get("x-clickhouse-format")).toBe("JSONEachRow");
    expect(await (await get("SELECT 1 AS a FORMAT CSVWithNames")).text()).toBe('"a"\n1\n');
  });

  it("answers the ClickHouse client: ping, rows, parameters, metadata", async () => {
    expect(await clickhouse.ping()).toEqual({ success: true });
    const rows = await clickhouse.query({
      query:
        "SELECT number AS n, {text:String} AS text, {list:Array(Int32)} AS list FROM numbers({count:UInt8})",
      query_params: { text: "it's \t\\ done", list: [1, 2], count: 2 },
      format: "JSONEachRow",
    });
    expect(await rows.json()).toEqual([
      { n: expect.anything(), text: "it's \t\\ done", list: [1, 2] },
      { n: expect.anything(), text: "it's \t\\ done", list: [1, 2] },
    ]);
    const whole = await clickhouse.query({ query: "SELECT 1 AS one", format: "JSON" });
    expect(await whole.json()).toMatchObject({ data: [{ one: 1 }], rows: 1 });
  });

  it.each([
    "INSERT INTO dit.sink_ledger (batch) VALUES (1)",
    "DROP TABLE dit.sink_ledger",
    "ALTER TABLE dit.sink_ledger DELETE WHERE 1",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 INTO OUTFILE '/tmp/dit-out'",
    "SELECT file('/etc/passwd')",
    "SYSTEM SHUTDOWN",
  ])("refuses %s as ClickHouse refuses a read-only user", async (query) => {
    const answer = await get(query);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("x-clickhouse-exception-code")).toBe("164");
    await expect(clickhouse.command({ query })).rejects.toMatchObject({ code: "164", type: "READONLY" });
  });

  it("refuses settings in the address that differ from those in force, and takes those that do not", async () => {
    const ask = (settings: Record<string, string>) =>
      fetch(`${pipeline.addresses.warehouseUrl}/?${new URLSearchParams({ query: "SELECT 1", ...settings })}`);
    for (const settings of [
      { readonly: "0" },
      { max_execution_time: "0" },
      { allow_ddl: "9" },
      { nonsense: "1" },
    ]) {
      expect((await ask(settings)).status, JSON.stringify(settings)).toBe(403);
    }
    expect((await ask({ max_result_rows: "0" })).status).toBe(200);
  });

  it("goes on answering when askers of long queries have left", { timeout: 60_000 }, async () => {
    const endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    const asker = new AbortController();
    const url = `${pipeline.addresses.warehouseUrl}/?${new URLSearchParams({ query: endless })}`;
    const left = Array.from({ length: 6 }, () => fetch(url, { signal: asker.signal }).catch(() => undefined));
    await until(
      async () => (await fetch(`${pipeline.addresses.warehouseAdminUrl}/readyz`)).ok,
      30_000,
      "it is not ready",
    );
    asker.abort();
    await Promise.all(left);
    const started = performance.now();
    expect(await (await get("SELECT 1")).text()).toBe("1\n");
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("passes the engine's errors on to whoever asked", async () => {
    const unknown = await get("SELECT nothing_like_it");
    expect([unknown.status, unknown.headers.get("x-clickhouse-exception-code")]).toEqual([404, "47"]);
    expect((await get("SELECT FROM WHERE")).status).toBe(400);
    expect((await fetch(`${pipeline.addresses.warehouseUrl}/?query=SELECT+1&database=other`)).status).toBe(
      404,
    );
  });
});

async function collect(
  away: Partial<Record<"acsUrl" | "edgeUrl" | "warehouseUrl", string>>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const examined = examine({
    instances: instancesOf({ ...pipeline.addresses, ...away }),
    environment: pipeline.environment,
    withinMs: 30_000,
    accessToken: undefined,
  });
  for await (const finding of examined) findings.push(finding);
  return findings;
}
