import type { Warehouse } from "@dit/storage";
import { BENCH_FIELDS, BENCH_TABLE, K } from "./bench-table.ts";
import type { MeasuredField } from "./measured-field.ts";

/** The same questions without an estimate: each field grouped by its value, with the set of its pids. */
export async function measureExactly(warehouse: Warehouse, window: number): Promise<MeasuredField[]> {
  const fields: MeasuredField[] = [];
  for (const field of BENCH_FIELDS) fields.push(await measureField(warehouse, field, window));
  return fields;
}

async function measureField(warehouse: Warehouse, field: string, window: number): Promise<MeasuredField> {
  const [row] = await warehouse.query<Record<string, number>>(
    `SELECT countIf(now > 0) AS values, countIf(now = 1) AS unique, countIf(now BETWEEN 1 AND ${K - 1}) AS rare,
  countIf(before BETWEEN 1 AND ${K - 1} AND now BETWEEN 1 AND ${K - 1}) AS again,
  log2(sum(n)) - sum(if(n = 0, 0, n * log2(n))) / sum(n) AS bits
FROM (
  SELECT ${field} AS value, countIf(epoch = ${window}) AS n,
    uniqExactIf(pid, epoch = ${window}) AS now, uniqExactIf(pid, epoch = ${window - 1}) AS before
  FROM ${BENCH_TABLE} GROUP BY value
)`,
  );
  const [people] = await warehouse.query<{ exposed: number; all: number }>(
    `SELECT uniqExactIf(pid, rare) AS exposed, uniqExact(pid) AS all FROM (
  SELECT pid, ${field} IN (
    SELECT ${field} FROM ${BENCH_TABLE} WHERE epoch = ${window} GROUP BY ${field} HAVING uniqExact(pid) < ${K}
  ) AS rare FROM ${BENCH_TABLE} WHERE epoch = ${window}
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
