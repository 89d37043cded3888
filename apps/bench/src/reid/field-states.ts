import { type HashKey, keyedHash, valueHash } from "@dit/reid";
import type { Warehouse } from "@dit/storage";
import { BENCH_TABLE, K } from "./bench-table.ts";

const SAMPLED_VALUES = 5_400n;
const MAX_VALUES = 8_192;

/** Where the states of a field are: of each hashed value its rows and its people, up to k of them. */
export function stateTable(field: string): string {
  return `dit.bench_state_${field}`;
}

/** Of all values if `values` is few; of so many, the share that leaves as many as the monitor samples. */
export async function createStateView(
  warehouse: Warehouse,
  key: HashKey,
  field: string,
  values: number,
): Promise<void> {
  const threshold =
    values <= MAX_VALUES ? 2n ** 64n - 1n : ((2n ** 64n - 1n) / BigInt(values)) * SAMPLED_VALUES;
  const hash = valueHash(key, field);
  await warehouse.command(
    `CREATE TABLE ${stateTable(field)} (epoch UInt32, h UInt64, n AggregateFunction(count), people AggregateFunction(groupUniqArray(${K}), UInt64))
ENGINE = AggregatingMergeTree ORDER BY (epoch, h)`,
  );
  await warehouse.command(
    `CREATE MATERIALIZED VIEW ${stateTable(field)}_view TO ${stateTable(field)} AS
SELECT epoch, ${hash} AS h, countState() AS n, groupUniqArrayState(${K})(${keyedHash(key, "pid")}) AS people
FROM ${BENCH_TABLE} WHERE isNotNull(${field}) AND ${hash} <= toUInt64(${threshold}) GROUP BY epoch, h`,
  );
}

export async function dropStateView(warehouse: Warehouse, field: string): Promise<void> {
  await warehouse.command(`DROP TABLE IF EXISTS ${stateTable(field)}_view SYNC`);
  await warehouse.command(`DROP TABLE IF EXISTS ${stateTable(field)} SYNC`);
}

export async function measureState(warehouse: Warehouse, field: string, window: number): Promise<void> {
  await warehouse.query(
    `SELECT count() AS values, countIf(length(people) < 2) AS unique, countIf(length(people) < ${K}) AS rare,
  uniqExactArrayIf(people, length(people) < ${K}) AS exposed, log2(sum(n)) - sum(n * log2(n)) / sum(n) AS bits
FROM (SELECT h, countMerge(n) AS n, groupUniqArrayMerge(${K})(people) AS people FROM ${stateTable(field)} WHERE epoch = ${window} GROUP BY h)`,
  );
}
