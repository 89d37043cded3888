import { webCryptoRandomBytes } from "@dit/crypto-core";
import { drawHashKey } from "@dit/reid";
import type { Warehouse } from "@dit/storage";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { median } from "../table/judge.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { BENCH_FIELDS, BENCH_TABLE, createBenchTable, insertBenchRows } from "./bench-table.ts";
import { createStateView, dropStateView, measureState, stateTable } from "./field-states.ts";
import { measureAsTheMonitor } from "./measure-as-the-monitor.ts";
import type { MeasuredField } from "./measured-field.ts";

/** Rows come in so many inserts. */
const INSERTS = 10;
const DAY_SECONDS = 86_400;

/**
 * What a materialised view of each field keeps: nothing; the states of a sample of values, drawn by the number of values of a window
 * before (it cannot say how many people are exposed); or of all values, which answers everything.
 */
const VIEWS = ["none", "sampled values", "all values"] as const;

export interface IncrementalResult {
  readonly views: (typeof VIEWS)[number];
  readonly insertSeconds: number;
  readonly eventBytes: number;
  readonly stateBytes: number;
  /** From the events without views, from the states with them. */
  readonly measureSeconds: number;
}

/** The same rows with and without views, in turns; medians. */
export function compareIncremental(rows: number, turns: number): Promise<IncrementalResult[]> {
  return inTemporaryDirectory((path) => compareIn(path, rows, turns));
}

async function compareIn(path: string, rows: number, turns: number): Promise<IncrementalResult[]> {
  const warehouse = await openChdbWarehouse({ path });
  try {
    const window = Math.floor(Date.now() / 1_000 / DAY_SECONDS) - 1;
    await createBenchTable(warehouse);
    await insertBenchRows(warehouse, window, rows);
    const before = await measureAsTheMonitor(warehouse, window);
    const results: IncrementalResult[] = [];
    for (let turn = 0; turn < turns; turn++)
      for (const views of VIEWS) results.push(await runTurn(warehouse, window, rows, views, before));
    return VIEWS.map((views) => medianOf(results.filter((each) => each.views === views)));
  } finally {
    await warehouse.close();
  }
}

async function runTurn(
  warehouse: Warehouse,
  window: number,
  rows: number,
  views: IncrementalResult["views"],
  before: readonly MeasuredField[],
): Promise<IncrementalResult> {
  for (const field of BENCH_FIELDS) await dropStateView(warehouse, field);
  await warehouse.command(`DROP TABLE ${BENCH_TABLE} SYNC`);
  await createBenchTable(warehouse);
  const key = drawHashKey(webCryptoRandomBytes);
  if (views !== "none")
    for (const { field, values } of before)
      await createStateView(warehouse, key, field, views === "sampled values" ? values : 0);
  const insertSeconds = await secondsOf(async () => {
    for (let insert = 0; insert < INSERTS; insert++)
      await insertBenchRows(warehouse, window, rows / INSERTS, (insert * rows) / INSERTS);
  });
  const measureSeconds = await secondsOf(async () => {
    if (views === "none") await measureAsTheMonitor(warehouse, window);
    else for (const field of BENCH_FIELDS) await measureState(warehouse, field, window);
  });
  const states = await Promise.all(BENCH_FIELDS.map((field) => bytesOf(warehouse, stateTable(field))));
  const stateBytes = states.reduce((sum, bytes) => sum + bytes, 0);
  return {
    views,
    insertSeconds,
    eventBytes: await bytesOf(warehouse, BENCH_TABLE),
    stateBytes,
    measureSeconds,
  };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return (performance.now() - startedAtMs) / 1_000;
}

async function bytesOf(warehouse: Warehouse, table: string): Promise<number> {
  const [row] = await warehouse.query<{ bytes: number }>(
    `SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database || '.' || table = '${table}'`,
  );
  return Number(row?.bytes ?? 0);
}

function medianOf(results: readonly IncrementalResult[]): IncrementalResult {
  const of = (figure: (result: IncrementalResult) => number) => median(results.map(figure));
  return {
    views: results[0]?.views ?? "none",
    insertSeconds: of(({ insertSeconds }) => insertSeconds),
    eventBytes: of(({ eventBytes }) => eventBytes),
    stateBytes: of(({ stateBytes }) => stateBytes),
    measureSeconds: of(({ measureSeconds }) => measureSeconds),
  };
}
