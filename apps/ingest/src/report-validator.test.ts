import { LIMITS } from "@dit/protocol";
import { type Field, reportBodySchema } from "@dit/protocol/schemas";
import { ProblemError } from "@dit/service-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { PSEUDONYM, useCase } from "../test/reports.ts";
import { type CheckedReport, compileReportValidator } from "./report-validator.ts";

const NOW = 1_768_480_220;
const validate = compileReportValidator(useCase, {});

const odd = fc.constantFrom<unknown>(
  null,
  "",
  "home",
  "alice",
  "de-DE",
  "\ud800",
  0,
  -1,
  60_000,
  60_001,
  1.5,
  1e300,
  true,
  [],
  {},
  undefined,
);
const anyValue = fc.oneof(odd, fc.jsonValue());
const fieldName = fc.constantFrom(
  "screen",
  "duration_ms",
  "is_cold",
  "score",
  "locale",
  "unknown",
  "__proto__",
  "constructor",
);
const goodFields = fc.record(
  {
    screen: fc.constantFrom("home", "settings"),
    duration_ms: fc.integer({ min: 0, max: 60_000 }),
    is_cold: fc.boolean(),
    score: fc.double({ noNaN: true, noDefaultInfinity: true }),
    locale: fc.string({ maxLength: 5 }),
    extra: anyValue,
  },
  { requiredKeys: [] },
);
const fields = fc.oneof(
  { weight: 5, arbitrary: goodFields },
  fc.dictionary(fieldName, anyValue, { maxKeys: 4 }),
  anyValue,
);
const at = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.integer({ min: NOW - LIMITS.maxEventAgeSeconds, max: NOW + LIMITS.maxEventAheadSeconds }),
  },
  fc.constantFrom(
    NOW - LIMITS.maxEventAgeSeconds - 1,
    NOW + LIMITS.maxEventAheadSeconds + 1,
    0,
    -1,
    99_999_999_999,
    1e11,
  ),
  anyValue,
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("screen_view", "crash", "unknown", "toString", "x".repeat(41)) },
  anyValue,
);
const event = fc.oneof(
  { weight: 9, arbitrary: fc.record({ name, at, fields }) },
  fc.record({ name, at, fields, more: anyValue }),
  anyValue,
);
const pseudonym = fc.oneof(
  { weight: 9, arbitrary: fc.constant(PSEUDONYM) },
  fc.constantFrom("", `${PSEUDONYM}AA`, `${PSEUDONYM.slice(0, -1)}x`, 7),
);
const events = fc.oneof({ weight: 9, arbitrary: fc.array(event, { maxLength: 4 }) }, anyValue);
const report = fc.oneof(
  { weight: 9, arbitrary: fc.record({ pseudonym, events }) },
  fc.record({ pseudonym, events, more: anyValue }),
  anyValue,
);

describe("the compiled validator", () => {
  test("leaves out and counts what is blocked, whatever its value, and still refuses it elsewhere", () => {
    const [event = ""] = Object.keys(useCase.events);
    const [field = ""] = Object.keys(useCase.events[event]?.fields ?? {});
    const blocking = compileReportValidator(useCase, { [event]: [field] });
    const at = 1_771_200_000;
    const events = [{ name: event, at, fields: { [field]: { not: "a value" } } }];
    const checked = blocking({ pseudonym: PSEUDONYM, events }, at);
    expect(checked.events.map(({ fields }) => fields)).toEqual([{}]);
    expect([checked.blockedFieldCount, checked.droppedFieldCount]).toEqual([1, 0]);
    expect(() => validate({ pseudonym: PSEUDONYM, events }, at)).toThrow(ProblemError);
  });

  test("agrees with the schema and the rules, taken one by one, on every report", () => {
    let acceptedCount = 0;
    fc.assert(
      fc.property(report, (body) => {
        const wire: unknown = JSON.parse(JSON.stringify(body) ?? "null");
        const actual = outcomeOf(wire);
        if (actual !== "report_invalid") acceptedCount++;
        expect(actual).toEqual(reference(wire));
      }),
      { numRuns: 2_000 },
    );
    // Were nothing accepted, agreement would say little.
    expect(acceptedCount).toBeGreaterThan(100);
  });

  test("agrees for every number of events around the limits", () => {
    for (const count of [0, 1, LIMITS.maxEventsPerReport, LIMITS.maxEventsPerReport + 1]) {
      const body = {
        pseudonym: PSEUDONYM,
        events: Array.from({ length: count }, () => ({ name: "crash", at: NOW, fields: {} })),
      };
      expect(outcomeOf(body)).toEqual(reference(body));
    }
  });

  test("takes no string that has no UTF-8, and so no place in the warehouse", () => {
    const fields = { locale: "a\ud800" };
    const body = { pseudonym: PSEUDONYM, events: [{ name: "screen_view", at: NOW, fields }] };
    expect(outcomeOf(body)).toBe("report_invalid");
  });

  test("takes no infinity from a number that is too large to be one", () => {
    const body = JSON.parse(
      `{"pseudonym":"${PSEUDONYM}","events":[{"name":"screen_view","at":${NOW},"fields":{"score":1e999}}]}`,
    );
    expect(outcomeOf(body)).toBe("report_invalid");
  });
});

function outcomeOf(body: unknown): CheckedReport | string {
  try {
    return validate(body, NOW);
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
}

/** The same, as slow and plain as can be. */
function reference(body: unknown): CheckedReport | string {
  if (!reportBodySchema.safeParse(body).success) return "report_invalid";
  // The schema's own output lacks a field named `__proto__`: it is one of those to be counted.
  const { events: given } = body as z.input<typeof reportBodySchema>;
  const droppedEvents = { unknown_event: 0, too_old: 0, too_far_ahead: 0 };
  let droppedFieldCount = 0;
  const stored: CheckedReport["events"][number][] = [];
  for (const each of given) {
    const declared = Object.entries(useCase.events).find(([declaredName]) => declaredName === each.name)?.[1];
    if (declared === undefined) droppedEvents.unknown_event++;
    else if (NOW - each.at > LIMITS.maxEventAgeSeconds) droppedEvents.too_old++;
    else if (each.at - NOW > LIMITS.maxEventAheadSeconds) droppedEvents.too_far_ahead++;
    else {
      const kept: Record<string, boolean | number | string> = {};
      for (const [key, value] of Object.entries(each.fields)) {
        const field = Object.entries(declared.fields).find(([declaredName]) => declaredName === key)?.[1];
        if (field === undefined) droppedFieldCount++;
        else if (fits(field, value)) kept[key] = value;
        else return "report_invalid";
      }
      const { timeGranularitySeconds: step } = useCase;
      stored.push({ name: each.name, at: Math.floor(each.at / step) * step, fields: kept });
    }
  }
  return { pseudonym: PSEUDONYM, events: stored, droppedEvents, droppedFieldCount, blockedFieldCount: 0 };
}

function fits(field: Field, value: unknown): value is boolean | number | string {
  if (field.type === "boolean") return value === true || value === false;
  if (field.type === "integer")
    return typeof value === "number" && value % 1 === 0 && value >= field.min && value <= field.max;
  if (field.type === "float") return typeof value === "number";
  if (typeof value !== "string") return false;
  if (field.type === "enum") return field.values.includes(value);
  return value.length <= field.maxLength && Buffer.from(value).toString() === value;
}
