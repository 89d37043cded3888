import { sqlName, type Warehouse } from "@dit/storage";
import { CHECKSUM_SQL } from "./checksum.ts";
import { earliestDay } from "./earliest-day.ts";
import type { LedgerRow } from "./ledger.ts";

/** A batch whose tables do not hold what the ledger says. */
export interface Damage {
  readonly row: LedgerRow;
  readonly tables: readonly string[];
}

const BATCHES_PER_QUERY = 1_000;
const DAY_MS = 86_400_000;

/** Compares rows and checksums, batch by batch. Leaves out tables that are gone and rows that may have expired by now. */
export async function findDamage(
  warehouse: Warehouse,
  ledger: readonly LedgerRow[],
  nowMs: number,
): Promise<Damage[]> {
  const retentionDays = await readRetention(warehouse);
  const damaged = new Map<LedgerRow, string[]>();
  const tables = new Set(ledger.flatMap(({ rows }) => Object.keys(rows)));
  for (const table of tables) {
    const days = retentionDays.get(table);
    if (days === undefined) continue;
    const kept = ledger.filter(({ rows, oldest_day }) => {
      return table in rows && Date.parse(oldest_day) + days * DAY_MS > nowMs;
    });
    for (let from = 0; from < kept.length; from += BATCHES_PER_QUERY) {
      for (const row of await compare(warehouse, table, kept.slice(from, from + BATCHES_PER_QUERY))) {
        damaged.set(row, [...(damaged.get(row) ?? []), table]);
      }
    }
  }
  return [...damaged].map(([row, itsTables]) => ({ row, tables: itsTables }));
}

async function compare(
  warehouse: Warehouse,
  table: string,
  ledger: readonly LedgerRow[],
): Promise<LedgerRow[]> {
  const found = await warehouse.query<{ name: string; rows: number; checksum: number }>(
    `SELECT toString(batch) AS name, count() AS rows, ${CHECKSUM_SQL} AS checksum FROM ${sqlName(table)}
    WHERE batch IN arrayMap(name -> toUInt64(name), {batches:Array(String)}) AND ingest_day >= {oldestDay:Date}
    GROUP BY batch`,
    {
      batches: ledger.map(({ batch }) => batch),
      oldestDay: earliestDay(ledger.map(({ oldest_day: day }) => day)),
    },
    { upToDate: [table] },
  );
  const byBatch = new Map(found.map((each) => [each.name, each]));
  return ledger.filter(({ batch, rows, checksums }) => {
    const stored = byBatch.get(batch);
    return (
      Number(stored?.rows ?? 0) !== rows[table] || Number(stored?.checksum ?? 0) !== Number(checksums[table])
    );
  });
}

/** Days until rows expire, by table; a table that does not say keeps them. */
async function readRetention(warehouse: Warehouse): Promise<Map<string, number>> {
  const tables = await warehouse.query<{ name: string; engine: string }>(
    "SELECT name, engine_full AS engine FROM system.tables WHERE database = 'dit'",
  );
  return new Map(
    tables.map(({ name, engine }) => {
      const days = /toIntervalDay\((\d+)\)/.exec(engine)?.[1];
      return [`dit.${name}`, days === undefined ? Number.POSITIVE_INFINITY : Number(days)];
    }),
  );
}
