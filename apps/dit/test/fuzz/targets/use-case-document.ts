import { useCaseSchema } from "@dit/protocol/schemas";
import fc from "fast-check";
import { useCase } from "../../edge-parser/intake.ts";
import { type FuzzTarget, REFUSED } from "../fuzz.ts";
import { isIntegerWithin, isName, isObject, isTextWithin, type JsonObject, jsonOf } from "../models.ts";
import { mutated } from "../mutated.ts";
import { withOddValues } from "../odd-values.ts";

const DAY_SECONDS = 86_400;

/** One with defaults left out, one with everything said, one that a JWT issues for. */
export const DOCUMENTS = [
  useCase,
  useCaseSchema.parse(useCase),
  {
    useCase: "app",
    owner: "o",
    purpose: "p",
    issuance: {
      authenticator: "jwt",
      issuer: "i",
      audience: "a",
      jwksUrl: "https://id.example/keys",
      tokensPerEpoch: 1,
    },
    epoch: { seconds: 60, graceSeconds: 59 },
    primaryKey: { rotationSeconds: 120 },
    pseudonym: { rotationSeconds: 60 },
    privacy: { k: 2, exposedPids: { warn: 0.5, block: 0.5 } },
    events: { e: { description: "d", fields: { f: { type: "integer", min: 0, max: 0, unit: "ms" } } } },
  },
];

const documentTexts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: withOddValues(DOCUMENTS) },
  {
    weight: 1,
    arbitrary: mutated(DOCUMENTS.map((each) => Buffer.from(JSON.stringify(each)))).map((bytes) =>
      bytes.toString(),
    ),
  },
);

export const useCaseDocument: FuzzTarget<string> = {
  name: "the use-case document",
  inputs: documentTexts,
  product(text) {
    const json = jsonOf(Buffer.from(text), "refused");
    const parsed = useCaseSchema.safeParse(json?.value);
    if (!parsed.success) return REFUSED;
    // Stored and read back it is the same; and nothing that was said is lost: every name is there still.
    const stored = useCaseSchema.safeParse(JSON.parse(JSON.stringify(parsed.data)));
    if (JSON.stringify(stored.data) !== JSON.stringify(parsed.data))
      return "accepted, but read back as another";
    return `accepted: ${namesOf(parsed.data)}`;
  },
  reference(text) {
    const value = jsonOf(Buffer.from(text), "refused")?.value;
    return isRightDocument(value) ? `accepted: ${namesOf(value)}` : REFUSED;
  },
};

function namesOf(document: unknown): string {
  const events = isObject(document) && isObject(document.events) ? Object.entries(document.events) : [];
  const names = events.map(([event, shape]) => {
    const fields = isObject(shape) && isObject(shape.fields) ? Object.keys(shape.fields) : [];
    return `${event}(${fields.sort().join()})`;
  });
  return names.sort().join();
}

type Check = (value: unknown) => boolean;

/** An object with these members and no other; those of `optional` may be missing. */
function shaped(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value) =>
    isObject(value) &&
    Object.keys(required).every((key) => Object.hasOwn(value, key)) &&
    Object.entries(value).every(([key, member]) => {
      const checks = Object.hasOwn(required, key) ? required : optional;
      return Object.hasOwn(checks, key) && (checks[key]?.(member) ?? false);
    });
}

const integer =
  (min: number, max: number): Check =>
  (value) =>
    isIntegerWithin(value, min, max);
const text =
  (min: number, max = Number.POSITIVE_INFINITY): Check =>
  (value) =>
    isTextWithin(value, min, max);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const safe = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const share: Check = (value) => typeof value === "number" && value >= 0 && value <= 1;

const DESCRIBED = { description: text(1, 500), unit: text(0, 20) };

const isField: Check = (value) => {
  if (!isObject(value)) return false;
  const type = { type: oneOf("boolean", "float", "integer", "enum", "string") };
  if (value.type === "integer") {
    return (
      shaped({ ...type, min: safe, max: safe }, DESCRIBED)(value) && Number(value.min) <= Number(value.max)
    );
  }
  if (value.type === "enum") {
    const isValues: Check = (values) =>
      Array.isArray(values) &&
      values.length >= 1 &&
      values.length <= 256 &&
      values.every(text(1, 64)) &&
      values.every((each, index) => values.indexOf(each) === index);
    return shaped({ ...type, values: isValues }, DESCRIBED)(value);
  }
  if (value.type === "string") return shaped({ ...type, maxLength: integer(1, 256) }, DESCRIBED)(value);
  return shaped(type, DESCRIBED)(value);
};

const RESERVED = ["ingest_day", "at", "epoch", "pid", "report_id", "batch"];

const isEvent = shaped(
  {
    fields: (value) =>
      isObject(value) &&
      Object.keys(value).length <= 64 &&
      Object.keys(value).every((name) => isName(name) && !RESERVED.includes(name)) &&
      Object.values(value).every(isField),
  },
  { description: text(1, 500) },
);

const isEvents: Check = (value) => {
  if (!isObject(value)) return false;
  const names = Object.keys(value);
  return (
    names.length >= 1 && names.length <= 64 && names.every(isName) && Object.values(value).every(isEvent)
  );
};

const isIssuance: Check = (value) => {
  const tokensPerEpoch = integer(1, 10_000);
  if (isObject(value) && value.authenticator === "jwt") {
    const strings = { issuer: text(1), audience: text(1), jwksUrl: isHttpUrl };
    return shaped({ authenticator: oneOf("jwt"), tokensPerEpoch, ...strings })(value);
  }
  return shaped({ authenticator: oneOf("application_server"), serverId: isName, tokensPerEpoch })(value);
};

const isHttpUrl: Check = (value) => {
  if (typeof value !== "string" || URL.parse(value) === null) return false;
  if ([...value].some((character) => character <= " " || character > "~")) return false;
  const start = value.toLowerCase();
  return start.startsWith("http://") || start.startsWith("https://");
};

const isThreshold =
  (warn: number, block: number): Check =>
  (value) =>
    shaped({}, { warn: share, block: share })(value) &&
    numberOf(value, "warn", warn) <= numberOf(value, "block", block);

const isPrivacy = shaped(
  {},
  {
    k: integer(2, 100),
    onBreach: oneOf("alert", "block"),
    exposedPids: isThreshold(0.001, 0.01),
    potential: isThreshold(0.05, 0.2),
    linkability: isThreshold(0.1, 0.3),
    containment: isThreshold(0.05, 0.2),
  },
);

const isEnvelope = shaped(
  { useCase: isName, owner: text(1, 500), purpose: text(1, 500), issuance: isIssuance, events: isEvents },
  {
    enabled: oneOf(true, false),
    epoch: shaped({}, { seconds: integer(10, 7 * DAY_SECONDS), graceSeconds: integer(0, DAY_SECONDS) }),
    primaryKey: shaped({}, { rotationSeconds: integer(60, 730 * DAY_SECONDS) }),
    usesPerToken: integer(1, 256),
    pseudonym: shaped(
      {},
      { rotationSeconds: integer(10, 90 * DAY_SECONDS), saltGraceSeconds: integer(0, 7 * DAY_SECONDS) },
    ),
    retentionDays: integer(1, 730),
    timeGranularitySeconds: integer(1, DAY_SECONDS),
    privacy: isPrivacy,
  },
);

export function isRightDocument(value: unknown): value is JsonObject {
  if (!isObject(value) || !isEnvelope(value)) return false;
  const epochSeconds = numberOf(value.epoch, "seconds", DAY_SECONDS);
  const keySeconds = numberOf(value.primaryKey, "rotationSeconds", 180 * DAY_SECONDS);
  return (
    numberOf(value.epoch, "graceSeconds", 3600) < epochSeconds &&
    numberOf(value.pseudonym, "rotationSeconds", DAY_SECONDS) % epochSeconds === 0 &&
    keySeconds % epochSeconds === 0 &&
    keySeconds / epochSeconds >= 2
  );
}

/** The member, or its default. */
function numberOf(value: unknown, key: string, otherwise: number): number {
  const member = isObject(value) ? value[key] : undefined;
  return typeof member === "number" ? member : otherwise;
}
