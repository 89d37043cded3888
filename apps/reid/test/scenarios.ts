import type { UseCaseInput } from "@dit/protocol/schemas";

type FieldInput = UseCaseInput["events"][string]["fields"][string];

/** A field and how its values come about: SQL over `person`, `n`, `window` and the random numbers `r1` to `r9` of a row. */
export interface Scenario {
  readonly field: FieldInput;
  readonly value: string;
}

const integer = { type: "integer", min: 0, max: 2 ** 53 - 1 } as const;
const text = { type: "string", maxLength: 256 } as const;
const float = { type: "float" } as const;

/** SQL: a number from 0 to 1 that is the person's own, another one for each `salt`. */
const own = (salt: number) => `(sipHash64(person, ${salt}, seed) / 18446744073709551616.)`;
/** SQL: a number from 0 to 1 of the row. */
const random = (index: number) => `(r${index} / 4294967296.)`;
/** SQL: one of the words, the first by far the most frequent: shares fall as 1 / rank. */
const zipf = (words: readonly string[], uniform: string) => {
  const total = words.reduce((sum, _, index) => sum + 1 / (index + 1), 0);
  let reached = 0;
  const bounds = words.map((_, index) => {
    reached += 1 / (index + 1) / total;
    return reached.toFixed(6);
  });
  return `[${words.map((word) => `'${word}'`).join(", ")}][least(${words.length}, arrayFirstIndex(bound -> bound >= ${uniform}, [${bounds.join(", ")}, 1.]))]`;
};
const list = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => name(index));

/** Ways to identify somebody by mistake, each in one field: each has to be found within one window. */
export const FAULTS: Readonly<Record<string, Scenario>> = {
  install_time_ms: { field: integer, value: `1700000000000 + toInt64(${own(1)} * 31536000000)` },
  install_time_s: { field: integer, value: `1700000000 + toInt64(${own(2)} * 31536000)` },
  account_created_minute: { field: integer, value: `28333333 + toInt64(${own(3)} * 2102400)` },
  slider_position: { field: float, value: random(1) },
  free_disk_bytes: { field: integer, value: `toInt64(${random(2)} * 256e9)` },
  free_memory_kib: { field: integer, value: `toInt64(${random(3)} * 8388608)` },
  crash_message: {
    field: text,
    value: `concat('null at 0x', hex(sipHash64(person, n)), ' in openConversation')`,
  },
  device_serial: {
    field: text,
    value: `concat('SN', leftPad(toString(sipHash64(person, 4, seed) % 100000000), 8, '0'))`,
  },
  wifi_address: { field: text, value: `hex(substring(toString(sipHash128(person, 5, seed)), 1, 6))` },
  advertising_id: { field: text, value: `toString(reinterpretAsUUID(sipHash128(person, 6, seed)))` },
  email_hash: { field: text, value: `lower(hex(sipHash64(person, 7, seed)))` },
  user_file_name: {
    field: text,
    value: `concat('/home/u', toString(sipHash64(person, 8, seed) % 1000000), '/notes.txt')`,
  },
  home_latitude: { field: float, value: `round(47 + ${own(9)} * 8, 4)` },
  where_now: {
    field: text,
    value: `concat(toString(round(47 + ${random(4)} * 8, 4)), ',', toString(round(6 + ${random(5)} * 9, 4)))`,
  },
  boot_time_s: { field: integer, value: `1750000000 + toInt64(${own(10)} * 604800)` },
  battery_uv: { field: integer, value: `3300000 + toInt64(${random(6)} * 1100000)` },
  contacts_digest: { field: integer, value: `toInt64(sipHash64(person, 11, seed) % 1000000)` },
  storage_total_bytes: { field: integer, value: `64000000000 + toInt64(${own(12)} * 1000000) * 4096` },
  clock_offset_us: { field: integer, value: `toInt64(${own(13)} * 2000000)` },
  message_counter: {
    field: integer,
    value: `toInt64(exp(4 + 6 * ${own(14)})) * 1000 + toInt64(${random(7)} * 1000)`,
  },
  push_token: { field: text, value: `concat('fcm:', hex(sipHash128(person, 15, seed)))` },
  session_id: { field: text, value: `hex(sipHash64(person, n, window, seed))` },
  canvas_hash: { field: text, value: `hex(sipHash64(toInt64(${own(16)} * 9000), seed))` },
  font_list_hash: { field: integer, value: `toInt64(${own(17)} * ${own(18)} * 20000)` },
  typing_interval_us: { field: integer, value: `toInt64(80000 + 400000 * ${random(8)})` },
  birth_date: { field: text, value: `toString(toDate('1940-01-01') + toInt64(${own(19)} * 25000))` },
  postcode: { field: text, value: `leftPad(toString(toInt64(${own(20)} * 90000)), 5, '0')` },
  group_name: {
    field: text,
    value: `concat('Family ', toString(sipHash64(intDiv(person, 4), 22, seed) % 1000000))`,
  },
};

/** Neither tells much alone; together they do. Found if either is stopped. */
export const PAIR_FAULT: Readonly<Record<string, Scenario>> = {
  model: {
    field: text,
    value: zipf(
      list(60, (index) => `model-${index}`),
      own(32),
    ),
  },
  locale: {
    field: text,
    value: zipf(
      list(30, (index) => `xx-${index}`),
      own(33),
    ),
  },
};

/** What `device_serial` is called in another use case. */
export const JOINED_FAULT: Readonly<Record<string, Scenario>> = {
  handset: { field: text, value: faultValue("device_serial") },
};

function faultValue(name: string): string {
  return FAULTS[name]?.value ?? "NULL";
}

/** What telemetry is made of where it was thought about: nothing of it may be stopped, nor any two of it together. */
export const CLEAN: Readonly<Record<string, Scenario>> = {
  app_version: {
    field: text,
    value: zipf(
      list(5, (index) => `7.${5 - index}.0`),
      own(31),
    ),
  },
  network: {
    field: { type: "enum", values: ["wifi", "cellular", "other"] },
    value: zipf(["wifi", "cellular", "other"], random(1)),
  },
  retried: { field: { type: "boolean" }, value: `${random(2)} < 0.07` },
  latency_bucket_ms: {
    field: integer,
    value: `toInt64(pow(2, 6 + round(${random(3)} + ${random(4)} + ${random(5)})))`,
  },
  device_class: { field: text, value: zipf(["phone", "tablet", "desktop", "watch"], own(34)) },
  language: { field: text, value: zipf(["en", "de", "fr", "es", "other"], own(35)) },
  disk_free_percent: { field: integer, value: `toInt64(${random(6)} * 5) * 20` },
  part_of_day: { field: integer, value: `toInt64(${random(7)} * 4)` },
  error_code: {
    field: text,
    value: zipf(
      list(5, (index) => `E${100 + index}`),
      random(8),
    ),
  },
};
