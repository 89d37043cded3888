import { crc32, gzipSync, inflateRawSync } from "node:zlib";
import { compileReportValidator, decodeReportBody } from "@dit/ingest";
import { gzipPaddedTo } from "@dit/protocol";
import { useCaseSchema } from "@dit/protocol/schemas";
import { ProblemError } from "@dit/service-kit";
import fc from "fast-check";
import { useCase } from "../../edge-parser/intake.ts";
import { type FuzzTarget, REFUSED } from "../fuzz.ts";
import {
  base64UrlBytes,
  hasExactly,
  isIntegerWithin,
  isObject,
  isTextWithin,
  type JsonObject,
  jsonOf,
} from "../models.ts";
import { mutated } from "../mutated.ts";
import { withOddValues } from "../odd-values.ts";

const NOW_SECONDS = 1_768_480_220;
const DAY_SECONDS = 86_400;
const MAX_UNPACKED_BYTES = 524_288;
const UNPACKED_AT_ONCE_BYTES = 65_536;
const PSEUDONYM = "AAECAwQFBgcICQoLDA0ODw";

export interface SentBody {
  readonly encoding: "" | "gzip";
  readonly bytes: Uint8Array;
}

/** Bodies whose events were logged around `nowSeconds`. */
export function sentBodies(nowSeconds: number): fc.Arbitrary<SentBody> {
  const fields = { screen: "home", duration_ms: 60_000, is_cold: false, score: -1.5e300, locale: "de-DE" };
  const view = { name: "screen_view", at: nowSeconds, fields };
  const SAMPLES = [
    { pseudonym: PSEUDONYM, events: [view] },
    { pseudonym: PSEUDONYM, events: [{ name: "crash", at: nowSeconds - 61, fields: {} }, view] },
    {
      pseudonym: PSEUDONYM,
      events: [
        { ...view, at: nowSeconds - 31 * DAY_SECONDS },
        { ...view, at: nowSeconds + 2 * DAY_SECONDS },
        { ...view, name: "unknown_event" },
        { ...view, fields: { unknown: { deep: [1, { a: null }] }, constructor: 1 } },
        { ...view, at: nowSeconds - 30 * DAY_SECONDS, fields: { locale: "\u{1f600}ab" } },
        { ...view, at: nowSeconds + DAY_SECONDS, fields: { score: 0 } },
      ],
    },
  ];
  const WRONG = [
    { pseudonym: "AAECAwQFBgcICQoLDA0ODx", events: [view] },
    { pseudonym: PSEUDONYM, events: [] },
    {
      pseudonym: PSEUDONYM,
      events: Array.from({ length: 501 }, () => ({ name: "crash", at: 0, fields: {} })),
    },
    { pseudonym: PSEUDONYM, events: [{ ...view, fields: { locale: "de-DE-" } }] },
  ];
  const MANY = { pseudonym: PSEUDONYM, events: Array.from({ length: 500 }, () => ({ ...view, fields: {} })) };
  const PLAIN = [...SAMPLES, ...WRONG].map((sample) => Buffer.from(JSON.stringify(sample)));
  const FIRST = Buffer.from(JSON.stringify(SAMPLES[0]));
  const GZIPPED = [
    ...PLAIN.slice(0, 3).flatMap((plain) => {
      const member = gzipSync(plain);
      return [member, Buffer.from(gzipPaddedTo(member) ?? []), Buffer.concat([member, Buffer.alloc(9)])];
    }),
    Buffer.concat([gzipSync(FIRST.subarray(0, 9)), gzipSync(FIRST.subarray(9))]),
  ];
  /** Unpack to just as much as is allowed, to one byte more, and to a hundred times as much. */
  const BOMBS = [0, 1, 99 * MAX_UNPACKED_BYTES].map((more) =>
    gzipSync(Buffer.concat([FIRST, Buffer.alloc(MAX_UNPACKED_BYTES - FIRST.length + more, " ")])),
  );
  const TRICKY = [
    "",
    "null",
    "[]",
    "\ufeff{}",
    `{"pseudonym":"${PSEUDONYM}","pseudonym":1,"events":[]}`,
    "[".repeat(60_000),
    `{"pseudonym":"${PSEUDONYM}","events":${'[{"a":'.repeat(9_000)}`,
    JSON.stringify(MANY),
  ].map((text) => Buffer.from(text));

  const plainBytes: fc.Arbitrary<Buffer> = fc.oneof(
    { weight: 8, arbitrary: mutated(PLAIN.filter(({ length }) => length < 4_000)) },
    { weight: 8, arbitrary: withOddValues(SAMPLES).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.constantFrom(...TRICKY) },
  );

  return fc.oneof(
    { weight: 240, arbitrary: plainBytes.map((bytes) => ({ encoding: "" as const, bytes })) },
    {
      weight: 80,
      arbitrary: plainBytes.map((bytes) => ({
        encoding: "gzip" as const,
        bytes: gzipSync(bytes, { level: 1 }),
      })),
    },
    { weight: 80, arbitrary: mutated(GZIPPED).map((bytes) => ({ encoding: "gzip" as const, bytes })) },
    { weight: 4, arbitrary: plainBytes.map((bytes) => ({ encoding: "gzip" as const, bytes })) },
    { weight: 1, arbitrary: mutated(BOMBS, 1).map((bytes) => ({ encoding: "gzip" as const, bytes })) },
  );
}

const validate = compileReportValidator(useCaseSchema.parse(useCase), {});

export const reportBodyTarget: FuzzTarget<SentBody> = {
  name: "the body of a report",
  inputs: sentBodies(NOW_SECONDS),
  async product({ encoding, bytes }) {
    try {
      const checked = validate(await decodeReportBody(bytes, encoding), NOW_SECONDS);
      return JSON.stringify(checked);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return REFUSED + error.code;
    }
  },
  reference: (sent) => rightReport(sent, NOW_SECONDS),
};

/** What ingest has to make of a body whose MAC holds: any of these, where it is wrong in two ways at once. */
export function rightReport({ encoding, bytes }: SentBody, nowSeconds: number): string | string[] {
  const plain = encoding === "gzip" ? gunzipped(bytes, MAX_UNPACKED_BYTES) : bytes;
  if (plain === "payload_too_large") {
    // A fault right behind the limit may be found before the length is counted.
    const further = gunzipped(bytes, MAX_UNPACKED_BYTES + UNPACKED_AT_ONCE_BYTES);
    return [plain, ...(further === "malformed_request" ? [further] : [])].map((code) => REFUSED + code);
  }
  if (typeof plain === "string") return REFUSED + plain;
  const json = jsonOf(plain, "refused");
  if (json === undefined) return `${REFUSED}malformed_request`;
  const checked = rightEvents(json.value, nowSeconds);
  return checked === undefined ? `${REFUSED}report_invalid` : JSON.stringify(checked);
}

/** RFC 1952 by hand around raw inflate: members one behind the other until a zero byte or the end. */
function gunzipped(bytes: Uint8Array, maxBytes: number): Buffer | "payload_too_large" | "malformed_request" {
  let rest = Buffer.from(bytes);
  let plain = Buffer.alloc(0);
  do {
    const member = readMember(rest, maxBytes - plain.length);
    if (typeof member === "string") return member;
    plain = Buffer.concat([plain, member.plain]);
    rest = rest.subarray(member.length);
  } while (rest.length > 0 && rest[0] !== 0);
  return plain;
}

function readMember(bytes: Buffer, maxBytes: number) {
  const bodyStart = bodyStartOf(bytes);
  if (bodyStart === undefined) return "malformed_request";
  const inflated = inflate(bytes.subarray(bodyStart), maxBytes);
  if (typeof inflated === "string") return inflated;
  const { plain, length } = inflated;
  const trailer = bytes.subarray(bodyStart + length, bodyStart + length + 8);
  if (trailer.length < 8) return "malformed_request";
  const isWhole = trailer.readUInt32LE(0) === crc32(plain) && trailer.readUInt32LE(4) === plain.length;
  return isWhole ? { plain, length: bodyStart + length + 8 } : "malformed_request";
}

function bodyStartOf(bytes: Buffer): number | undefined {
  const [id1, id2, method, flags = 0] = bytes;
  if (id1 !== 0x1f || id2 !== 0x8b || method !== 8 || flags > 31) return undefined;
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if (flags & 2) {
    if (at + 2 > bytes.length || bytes.readUInt16LE(at) !== (crc32(bytes.subarray(0, at)) & 0xffff))
      return undefined;
    at += 2;
  }
  return at <= bytes.length ? at : undefined;
}

function inflate(bytes: Buffer, maxBytes: number) {
  try {
    // With `info` it says how much of the input it took; the declared type knows nothing of that.
    const { buffer, engine } = inflateRawSync(bytes, {
      info: true,
      maxOutputLength: maxBytes,
    }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return { plain: buffer, length: engine.bytesWritten };
  } catch (error) {
    return error instanceof RangeError ? "payload_too_large" : "malformed_request";
  }
}

/** The use case of these tests, event by event and field by field. */
function rightEvents(value: unknown, nowSeconds: number): unknown {
  if (!isObject(value) || !hasExactly(value, ["pseudonym", "events"])) return undefined;
  const { pseudonym, events } = value;
  if (typeof pseudonym !== "string" || base64UrlBytes(pseudonym)?.length !== 16) return undefined;
  if (!Array.isArray(events) || events.length < 1 || events.length > 500) return undefined;
  const kept: unknown[] = [];
  const droppedEvents = { unknown_event: 0, too_old: 0, too_far_ahead: 0 };
  let droppedFieldCount = 0;
  for (const event of events) {
    if (!isObject(event) || !hasExactly(event, ["name", "at", "fields"])) return undefined;
    const { name, at, fields } = event;
    if (!isTextWithin(name, 0, 40) || !isIntegerWithin(at, 0, 99_999_999_999) || !isObject(fields))
      return undefined;
    if (name !== "screen_view" && name !== "crash") droppedEvents.unknown_event += 1;
    else if (nowSeconds - at > 30 * DAY_SECONDS) droppedEvents.too_old += 1;
    else if (at - nowSeconds > DAY_SECONDS) droppedEvents.too_far_ahead += 1;
    else {
      const stored = name === "crash" ? {} : declaredFields(fields);
      if (Object.entries(stored).some(([field, given]) => !isRight(field, given))) return undefined;
      droppedFieldCount += Object.keys(fields).length - Object.keys(stored).length;
      kept.push({ name, at: Math.floor(at / 60) * 60, fields: stored });
    }
  }
  return { pseudonym, events: kept, droppedEvents, droppedFieldCount, blockedFieldCount: 0 };
}

function declaredFields(given: JsonObject): JsonObject {
  const declared = ["screen", "duration_ms", "is_cold", "score", "locale"];
  return Object.fromEntries(Object.entries(given).filter(([name]) => declared.includes(name)));
}

function isRight(field: string, value: unknown): boolean {
  if (field === "screen") return value === "home" || value === "settings";
  if (field === "duration_ms") return isIntegerWithin(value, 0, 60_000);
  if (field === "is_cold") return value === true || value === false;
  if (field === "score") return typeof value === "number" && Math.abs(value) <= Number.MAX_VALUE;
  // A lone surrogate does not survive the way through UTF-8.
  return isTextWithin(value, 0, 5) && Buffer.from(value).toString() === value;
}
