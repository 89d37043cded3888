import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Warehouse } from "@dit/storage";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instancesOf } from "../src/addresses.ts";
import { checkBalance } from "../src/doctor/check-balance.ts";
import { readLogPositions } from "../src/doctor/read-log-positions.ts";
import { sendSyntheticEvent } from "../src/doctor/send-synthetic-event.ts";
import { type Pipeline, startPipeline } from "../src/pipeline/pipeline.ts";
import { MANY_AT_ONCE } from "./support/many-at-once.ts";
import { until } from "./support/until.ts";

const START_WITHIN_MS = 90_000;
const REPORTS = 3;

let directory: string;
let pipeline: Pipeline;
/** A second connection to the engine of this process: nothing that DIT runs may change tables from outside. */
let warehouse: Warehouse;
const reportIds: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-balance-"));
  pipeline = await startPipeline({
    env: MANY_AT_ONCE,
    dataDirectory: directory,
    freePorts: true,
    writeLog: () => {},
  });
  warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
  for (let report = 1; report <= REPORTS; report++) await storeOne(report);
  await until(
    async () => (await dealtWith()) === REPORTS,
    10_000,
    "the sink does not say that it stored all",
  );
}, START_WITHIN_MS);
afterAll(async () => {
  await warehouse.close();
  await pipeline.stop();
  await rm(directory, { recursive: true, force: true });
}, START_WITHIN_MS);

describe("the doctor's account", () => {
  it("balances while nothing is missing", async () => {
    expect(await balance()).toMatch(/^3 reports appended, 0 pending; 3 events = 3 inserted/);
  });

  it("finds the rows of a batch that are gone", async () => {
    await change("dit.dit_doctor__heartbeat", `DELETE WHERE batch IN (${batchOf(reportIds[1])})`);
    await expect(balance()).rejects.toThrow("dit.dit_doctor__heartbeat has 0 of the 1 rows of 1 batches");
  });

  it("finds figures of the ledger that are not those of its tables", async () => {
    await change("dit.sink_ledger", "UPDATE dead_lettered = 1, events = 2 WHERE from_offset = 0");
    await expect(balance()).rejects.toThrow("another number of dead letters than dead-lettered events");
    await change("dit.sink_ledger", "UPDATE events = 7 WHERE from_offset = 0");
    await expect(balance()).rejects.toThrow("batches of the ledger do not add up");
  });

  it("finds reports that left the log and are in no row of the ledger", async () => {
    await change("dit.sink_ledger", `DELETE WHERE batch IN (${batchOf(reportIds[0])})`);
    await expect(balance()).rejects.toThrow(/\d reports left the log, the ledger covers \d/);
    await change("dit.sink_ledger", `DELETE WHERE batch IN (${batchOf(reportIds.at(-1))})`);
    await expect(balance()).rejects.toThrow("is not in the ledger");
  });
});

const batchOf = (reportId = "") =>
  `SELECT batch FROM dit.dit_doctor__heartbeat WHERE replaceAll(toString(report_id), '-', '') = '${reportId}'`;
const balance = () => checkBalance(instancesOf(pipeline.addresses), reportIds.at(-1) ?? "");
const change = (table: string, what: string) =>
  warehouse.command(
    `ALTER TABLE ${table} ${what} SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`,
  );

async function storeOne(count: number): Promise<void> {
  const { addresses, environment } = pipeline;
  const { tokens, reportId } = await sendSyntheticEvent({ addresses, environment, accessToken: undefined });
  await tokens;
  reportIds.push(await reportId);
  await until(
    async () => (await pipeline.account.stored()).rowsInserted === count,
    10_000,
    "the row does not come",
  );
}

async function dealtWith(): Promise<number> {
  const positions = await readLogPositions([pipeline.addresses.sinkAdminUrl]);
  return positions.reduce((sum, position) => sum + position.dealtWith, 0);
}
