import { useCaseSchema } from "@dit/protocol/schemas";
import type { Warehouse } from "@dit/storage";

const DAY_SECONDS = 86_400;
const ROWS_PER_PERSON = 4;
export const K = 11;

const integer = { type: "integer", min: 0, max: 2 ** 53 - 1 } as const;
const text = { type: "string", maxLength: 256 } as const;
const own = (salt: number) => `(sipHash64(person, ${salt}) / 18446744073709551616.)`;
const drawn = (salt: number) => `(sipHash64(person, n, window, ${salt}) / 18446744073709551616.)`;

/** Ten fields as telemetry has them, from three values to one for each row: SQL over `person`, `n` (their row) and `window`. */
const FIELDS = {
  network: {
    field: text,
    column: "String",
    value: `['wifi', 'cellular', 'other'][1 + toInt64(3 * ${drawn(1)})]`,
  },
  app_version: {
    field: text,
    column: "String",
    value: `concat('7.', toString(toInt64(12 * pow(${own(2)}, 3))))`,
  },
  locale: {
    field: text,
    column: "String",
    value: `concat('xx-', toString(toInt64(200 * pow(${own(3)}, 4))))`,
  },
  model: {
    field: text,
    column: "String",
    value: `concat('model-', toString(toInt64(20000 * pow(${own(4)}, 6))))`,
  },
  latency_ms: { field: integer, column: "Int64", value: `toInt64(exp(3 + 5 * pow(${drawn(5)}, 2)))` },
  postcode: { field: integer, column: "Int64", value: `toInt64(90000 * ${own(6)})` },
  install_time_s: { field: integer, column: "Int64", value: `1700000000 + toInt64(31536000 * ${own(7)})` },
  device_serial: { field: text, column: "String", value: `hex(sipHash64(person, 8))` },
  slider: { field: { type: "float" }, column: "Float64", value: drawn(9) },
  free_disk_bytes: { field: integer, column: "Int64", value: `toInt64(256e9 * ${drawn(10)})` },
} as const;

export const BENCH_FIELDS = Object.keys(FIELDS);
export const BENCH_TABLE = "dit.bench__sent";

export const BENCH_USE_CASE = useCaseSchema.parse({
  useCase: "bench",
  owner: "o",
  purpose: "p",
  issuance: { authenticator: "application_server", serverId: "bench", tokensPerEpoch: 1 },
  privacy: { k: K },
  events: {
    sent: { fields: Object.fromEntries(Object.entries(FIELDS).map(([name, { field }]) => [name, field])) },
  },
});

/** As the sink would have made it. */
export async function createBenchTable(warehouse: Warehouse): Promise<void> {
  const columns = Object.entries(FIELDS).map(([name, { column }]) => `${name} Nullable(${column})`);
  await warehouse.command("CREATE DATABASE IF NOT EXISTS dit");
  await warehouse.command(
    `CREATE TABLE ${BENCH_TABLE} (ingest_day Date, at DateTime('UTC'), epoch UInt32, pid UUID, ${columns.join(", ")})
ENGINE = MergeTree PARTITION BY ingest_day ORDER BY (at, pid)`,
  );
}

/** Adds so many rows to a rotation window, after `firstRow` others; four rows of each person. */
export async function insertBenchRows(
  warehouse: Warehouse,
  window: number,
  rows: number,
  firstRow = 0,
): Promise<void> {
  await warehouse.command(
    `INSERT INTO ${BENCH_TABLE} WITH ${window} AS window, intDiv(number, ${ROWS_PER_PERSON}) AS person, number % ${ROWS_PER_PERSON} AS n
SELECT toDate(window), toDateTime(window * ${DAY_SECONDS}, 'UTC'), window, reinterpretAsUUID(sipHash128(person, window)),
  ${Object.values(FIELDS)
    .map(({ value }) => value)
    .join(",\n  ")}
FROM numbers(${firstRow}, ${rows})`,
  );
}
