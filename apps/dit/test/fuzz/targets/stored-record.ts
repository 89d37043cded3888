import { decodeIntent, encodeIntent, parseRecord } from "@dit/sink";
import fc from "fast-check";
import { type FuzzTarget, REFUSED } from "../fuzz.ts";
import { base64UrlBytes, isIntegerWithin, isName, isObject, jsonOf } from "../models.ts";
import { mutated } from "../mutated.ts";
import { withOddValues } from "../odd-values.ts";

const REPORT = {
  useCase: "hostile_input",
  schemaVersion: 1,
  epoch: 20_454,
  epochSeconds: 86_400,
  reportId: "cf09bd75133277b95b8fc3261287cc9a",
  ingestDay: "2026-01-15",
  mayRepeat: false,
  pseudonym: "AAECAwQFBgcICQoLDA0ODw",
  events: [{ name: "screen_view", at: 1_768_480_200, fields: { screen: "home", score: 1.5 } }],
};
const RECORDS = [
  REPORT,
  { ...REPORT, mayRepeat: true, ingestDay: "2024-02-29", events: [] },
  { ...REPORT, ingestDay: "2025-02-29" },
  { ...REPORT, ingestDay: "2149-01-02" },
  { ...REPORT, ingestDay: "1969-12-31" },
  { ...REPORT, reportId: REPORT.reportId.toUpperCase() },
  { ...REPORT, epoch: 2 ** 32 },
  { ...REPORT, pseudonym: `${REPORT.pseudonym}=` },
  { ...REPORT, extra: 1, events: [null, [], { name: 1 }] },
];
const INTENTS = [
  { to: 7, day: "2026-01-15", uses: { hostile_input: [3, 20_454, -1], other: [0] } },
  { to: 1, day: "2024-02-29", uses: {} },
];

function texts(samples: readonly unknown[]): fc.Arbitrary<Uint8Array> {
  const corpus = samples.map((sample) => Buffer.from(JSON.stringify(sample)));
  const tricky = ["", "{", "null", "[]", '{"events":{"length":9}}', "[".repeat(60_000), `\ufeff${corpus[0]}`];
  return fc.oneof(
    { weight: 5, arbitrary: mutated(corpus) },
    { weight: 5, arbitrary: withOddValues(samples.slice(0, 2)).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.constantFrom(...corpus, ...tricky.map((text) => Buffer.from(text))) },
  );
}

export const storedReport: FuzzTarget<Uint8Array> = {
  name: "a record of the event log",
  inputs: texts(RECORDS),
  product(value) {
    const record = parseRecord({ offset: 7, value });
    if (record.report === undefined) return `${REFUSED}${record.eventCount} events`;
    const { reportId, pseudonym, ...rest } = record.report;
    const bytes = Buffer.from(pseudonym).toString("hex");
    return JSON.stringify({ ...rest, reportId: reportId.replaceAll("-", ""), pseudonym: bytes });
  },
  reference(bytes) {
    const value = jsonOf(bytes, "skipped")?.value;
    if (!isObject(value)) return `${REFUSED}0 events`;
    const { useCase, schemaVersion, epoch, epochSeconds, reportId, ingestDay, mayRepeat, pseudonym, events } =
      value;
    const isRight =
      isName(useCase) &&
      isIntegerWithin(schemaVersion, 1, Number.MAX_SAFE_INTEGER) &&
      isIntegerWithin(epoch, 0, 4_294_967_295) &&
      isIntegerWithin(epochSeconds, 1, 4_294_967_295) &&
      isHex32(reportId) &&
      isDay(ingestDay) &&
      Number(ingestDay.slice(0, 4)) >= 1970 &&
      (ingestDay < "2149-01-01" || ingestDay === "2149-01-01") &&
      (mayRepeat === true || mayRepeat === false) &&
      typeof pseudonym === "string" &&
      base64UrlBytes(pseudonym)?.length === 16 &&
      Array.isArray(events);
    if (!isRight) return `${REFUSED}${Array.isArray(events) ? events.length : 0} events`;
    const pid = base64UrlBytes(pseudonym)?.toString("hex");
    const rest = { useCase, schemaVersion, epoch, epochSeconds, ingestDay, mayRepeat, events };
    return JSON.stringify({ ...rest, reportId, pseudonym: pid });
  },
};

/** What the sink keeps beside an offset: it throws on anything it has not written, and does not go on. */
export const storedIntent: FuzzTarget<Uint8Array> = {
  name: "the decisions beside an offset",
  inputs: texts(INTENTS),
  product(bytes) {
    const text = Buffer.from(bytes).toString("utf8");
    try {
      return encodeIntent(decodeIntent(text));
    } catch {
      return REFUSED;
    }
  },
  reference(bytes) {
    const text = Buffer.from(bytes).toString("utf8");
    const value = jsonOf(Buffer.from(text), "refused")?.value;
    if (!isObject(value) || !isObject(value.uses)) return REFUSED;
    const { to, day, uses } = value;
    if (
      !isIntegerWithin(to, 1, Number.MAX_SAFE_INTEGER) ||
      !isDay(day) ||
      !Object.values(uses).every(isDecision)
    )
      return REFUSED;
    const isAsWritten = JSON.stringify({ to, day, uses }) === text && !Object.hasOwn(uses, "__proto__");
    return isAsWritten ? text : REFUSED;
  },
};

/** A version, and windows behind it. */
function isDecision(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || !isIntegerWithin(value[0], 0, Number.MAX_SAFE_INTEGER))
    return false;
  return value.every((each) => isIntegerWithin(each, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
}

function isHex32(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length === 32 &&
    value.split("").every((each) => "0123456789abcdef".includes(each))
  );
}

/** By the calendar itself: a day that exists is written again as it was. */
function isDay(value: unknown): value is string {
  if (typeof value !== "string" || value.length !== 10) return false;
  const day = new Date(`${value}T00:00:00.000Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === value;
}
