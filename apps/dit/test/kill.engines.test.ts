import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { type Acknowledged, type Simulator, simulatedUseCase, startSimulator } from "@dit/simulator";
import { afterAll, beforeAll, expect, it } from "vitest";
import { queryWarehouse } from "../src/commands/query.ts";
import { type ChildPipeline, createChildPipeline } from "./support/child-pipeline.ts";
import { until } from "./support/until.ts";

const KILLS = 20;
const MAX_LIFE_MS = 2_500;
const STORED_WITHIN_MS = 60_000;

let directory: string;
let pipeline: ChildPipeline;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-kill-"));
  pipeline = await createChildPipeline(directory);
});
afterAll(async () => {
  await pipeline.kill();
  await rm(directory, { recursive: true, force: true });
});

it(`stores every acknowledged report exactly once over ${KILLS} kills of the whole process`, async () => {
  const acknowledged: Acknowledged[] = [];
  await pipeline.start();
  const simulator = await simulate((report) => acknowledged.push(report));
  let known = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await until(() => acknowledged.length > known, STORED_WITHIN_MS, "nothing more is acknowledged");
    await sleep(Math.random() * MAX_LIFE_MS);
    await pipeline.kill();
    known = acknowledged.length;
    await pipeline.start();
  }
  await simulator.stop();

  const stored = await allStored(acknowledged);
  const missing = acknowledged.filter(({ reportId }) => !stored.has(reportId));
  const wrong = acknowledged.filter(
    ({ reportId, events }) => (stored.get(reportId)?.rows ?? events) !== events,
  );
  const twice = [...stored.values()].filter(({ batches }) => batches !== 1);
  process.stdout.write(
    `${KILLS} kills: ${acknowledged.length} reports acknowledged, ${missing.length} missing, ${wrong.length} incomplete, ${twice.length} stored twice; ${stored.size} reports stored\n`,
  );
  expect({ missing, wrong, twice }).toEqual({ missing: [], wrong: [], twice: [] });
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  expect(await pipeline.stop()).toBe(0);
});

async function simulate(onAcknowledged: (report: Acknowledged) => void): Promise<Simulator> {
  const { addresses } = pipeline;
  const answer = await fetch(addresses.acsUrl + ROUTES.keys(simulatedUseCase.useCase));
  const { keys } = (await answer.json()) as KeyDocument;
  const pinnedKeys = keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey }));
  const population = { seed: 1, clients: 60, eventsPerSecond: 1_000, attackIntervalMs: 5_000 };
  const { acsUrl, edgeUrl, identityProviderUrl } = addresses;
  const place = { acsUrls: [acsUrl], edgeUrls: [edgeUrl], identityProviderUrl };
  return startSimulator({ ...place, ...population, environment: "development", pinnedKeys }, onAcknowledged);
}

interface StoredReport {
  readonly rows: number;
  /** Batches of the sink that its rows came in: one, if it was stored once. */
  readonly batches: number;
}

/** What is stored once every acknowledged report is, or when the time is up. */
async function allStored(acknowledged: readonly Acknowledged[]): Promise<Map<string, StoredReport>> {
  let stored = new Map<string, StoredReport>();
  await until(
    async () => {
      stored = await readStored();
      return acknowledged.every(({ reportId }) => stored.has(reportId));
    },
    STORED_WITHIN_MS,
    "not everything that was acknowledged is stored",
  ).catch(() => {});
  return stored;
}

async function readStored(): Promise<Map<string, StoredReport>> {
  const tables = await query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = 'dit' AND startsWith(name, '${simulatedUseCase.useCase}__')`,
  );
  const rows = tables.map(({ name }) => `SELECT report_id, batch FROM dit.${name}`).join(" UNION ALL ");
  const reports = await query<{ reportId: string; rows: string; batches: string }>(
    `SELECT replaceAll(toString(report_id), '-', '') AS reportId, count() AS rows, uniqExact(batch) AS batches
     FROM (${rows}) GROUP BY report_id`,
  );
  return new Map(reports.map((r) => [r.reportId, { rows: Number(r.rows), batches: Number(r.batches) }]));
}

async function query<Row>(sql: string): Promise<Row[]> {
  const text = await queryWarehouse(pipeline.addresses.warehouseUrl, sql, "JSONEachRow");
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
}
