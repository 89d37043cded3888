import type { Warehouse } from "@dit/storage";
import { BENCH_FIELDS, BENCH_TABLE, K } from "./bench-table.ts";
import type { MeasuredField } from "./measured-field.ts";

/** The same questions without an estimate, a field at a time, each value with the set of its pids. */
export async function measureExactly(warehouse: Warehouse, window: number): Promise<MeasuredField[]> {
  const fields: MeasuredField[] = [];
  for (const field of BENCH_FIELDS) fields.push(await measureField(warehouse, field, window));
  return fields;
}

async function measureField(warehouse: Warehouse, field: string, window: number): Promise<MeasuredField> {
  const rows = `${BENCH_TABLE} WHERE epoch = ${window} AND isNotNull(${field})`;
  const [row] = await warehouse.query<Record<string, number>>(
    `SELECT count() AS values, countIf(people < 2) AS unique, countIf(people < ${K}) AS rare,
  log2(sum(n)) - sum(n * log2(n)) / sum(n) AS bits
FROM (SELECT ${field} AS value, count() AS n, uniqExact(pid) AS people FROM ${rows} GROUP BY value)`,
  );
  // Joined to the values, or gathered with them, the people would take more time and more memory.
  const [people] = await warehouse.query<{ exposed: number; all: number }>(
    `SELECT uniqExactIf(pid, rare) AS exposed, uniqExact(pid) AS all FROM (
  SELECT pid, ${field} IN (SELECT ${field} FROM ${rows} GROUP BY ${field} HAVING uniqExact(pid) < ${K}) AS rare FROM ${rows}
)`,
  );
  const values = Number(row?.values);
  return {
    field,
    values,
    unique: Number(row?.unique) / values,
    rare: Number(row?.rare) / values,
    exposedPids: Number(people?.exposed) / Number(people?.all),
    entropyBits: Number(row?.bits),
  };
}
