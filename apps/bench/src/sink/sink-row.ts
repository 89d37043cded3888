import { simulatedUseCase } from "@dit/simulator";
import { DEFAULT_SINK_SETTINGS } from "@dit/sink";
import type { WarehouseInsert } from "@dit/storage";
import { coreNote } from "../table/core-note.ts";
import { interleave } from "../table/interleave.ts";
import type { Measurement, Row } from "../table/row.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { type OpenSink, openSink } from "./open-sink.ts";
import { objectsOf, openRawInserts } from "./raw-inserts.ts";
import { sampleRecords } from "./sample-records.ts";
import { storeThrough, timed } from "./store-through.ts";

const { useCase } = simulatedUseCase;
const EVENTS_PER_REPORT = 20;
const REPORTS_PER_BATCH = DEFAULT_SINK_SETTINGS.batch.maxEvents / EVENTS_PER_REPORT;

/** By the clock: the engine has threads of its own. */
export const sinkRow: Row = {
  name: "sink",
  what: "sink: rows from the event log into the warehouse",
  against:
    "a raw JSONEachRow insert of the very rows that the sink made, encoded from objects, into equal tables of the same engine",
  target: { leastRatio: 0.6 },
  measure: () => measureSink({ batches: 5, turns: 9 }),
};

/** Throws unless all that was appended is in the sink's tables, and in the others. */
export function measureSink(size: {
  readonly batches: number;
  readonly turns: number;
}): Promise<Measurement> {
  return inTemporaryDirectory(async (directory) => {
    const sink = await openSink(directory);
    try {
      return await measureTurns(sink, size);
    } finally {
      await sink.stop();
    }
  });
}

async function measureTurns(sink: OpenSink, { batches, turns }: { batches: number; turns: number }) {
  const through = createSinkSide(sink, batches * REPORTS_PER_BATCH);
  await through.turn();
  const raw = await createRawSide(sink, through.lastInserts);
  try {
    const turnsTaken = await interleave({ ours: through.turn, peer: raw.turn }, turns);
    await requireRows(sink, raw.tables.keys(), through.total());
    await requireRows(sink, raw.tables.values(), raw.total());
    return { unit: "rows/s", turns: turnsTaken, note: coreNote(through.perCoreSecond, raw.perCoreSecond) };
  } finally {
    raw.close();
  }
}

function createSinkSide(sink: OpenSink, reports: number) {
  let inserts: readonly WarehouseInsert[] = [];
  let total = 0;
  const perCoreSecond: number[] = [];
  return {
    perCoreSecond,
    lastInserts: () => inserts,
    total: () => total,
    async turn() {
      const records = sampleRecords(useCase, reports, EVENTS_PER_REPORT);
      const { seconds, coreSeconds } = await timed(() => storeThrough(sink, records));
      inserts = sink.takeInserts().filter(({ table }) => table.startsWith(`dit.${useCase}__`));
      const rows = reports * EVENTS_PER_REPORT;
      total += rows;
      perCoreSecond.push(rows / coreSeconds);
      return rows / seconds;
    },
  };
}

/** Inserts what the sink did last. */
async function createRawSide(
  { warehouse, warehousePath }: OpenSink,
  lastInserts: () => readonly WarehouseInsert[],
) {
  const inserts = openRawInserts(warehousePath);
  const tables = new Map(lastInserts().map(({ table }) => [table, table.replace(/^dit\./, "raw.")]));
  await warehouse.command("CREATE DATABASE raw");
  for (const [table, copy] of tables) await warehouse.command(`CREATE TABLE ${copy} AS ${table}`);
  let total = 0;
  const perCoreSecond: number[] = [];
  return {
    perCoreSecond,
    tables,
    total: () => total,
    close: inserts.close,
    async turn() {
      const copies = lastInserts().map((insert) => {
        const table = tables.get(insert.table);
        if (table === undefined) throw new Error(`${insert.table} came later`);
        return { table, rows: objectsOf(insert) };
      });
      const { seconds, coreSeconds } = await timed(async () => {
        for (const { table, rows } of copies) await inserts.insert(table, rows);
      });
      const rows = copies.reduce((sum, copy) => sum + copy.rows.length, 0);
      total += rows;
      perCoreSecond.push(rows / coreSeconds);
      return rows / seconds;
    },
  };
}

/** Without this, a side that loses rows would be the faster one. */
async function requireRows(
  { warehouse }: OpenSink,
  tables: Iterable<string>,
  expected: number,
): Promise<void> {
  let found = 0;
  for (const table of tables) {
    const [counted] = await warehouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
    found += Number(counted?.rows);
  }
  if (found !== expected) throw new Error(`${found} rows are stored and ${expected} should be`);
}
