import { describe, expect, it } from "vitest";
import { LIMITS } from "./limits.ts";
import { fieldSchema, type UseCaseInput, useCaseIdSchema, useCaseSchema } from "./use-case.ts";

const DAY_SECONDS = 86_400;

const minimal = {
  useCase: "app_performance",
  owner: "performance team",
  purpose: "find slow screens",
  issuance: {
    authenticator: "jwt",
    issuer: "https://id.example",
    audience: "dit",
    jwksUrl: "https://id.example/.well-known/jwks.json",
    tokensPerEpoch: 32,
  },
  events: { screen_shown: { fields: { duration_ms: { type: "integer", min: 0, max: 60_000 } } } },
} as const satisfies UseCaseInput;

/** Paths of what is refused; empty if the document is accepted. */
function refusals(change: Record<string, unknown>): string[] {
  const result = useCaseSchema.safeParse({ ...minimal, ...change });
  return (result.error?.issues ?? []).map((issue) => issue.path.join("."));
}

function withField(name: string, field: unknown): Record<string, unknown> {
  return { events: { screen_shown: { fields: { [name]: field } } } };
}

describe("a use-case document", () => {
  it("fills in every default", () => {
    expect(useCaseSchema.parse(minimal)).toEqual({
      ...minimal,
      enabled: true,
      epoch: { seconds: DAY_SECONDS, graceSeconds: 3600 },
      primaryKey: { rotationSeconds: 180 * DAY_SECONDS },
      usesPerToken: 64,
      pseudonym: { rotationSeconds: DAY_SECONDS, saltGraceSeconds: 6 * 3600 },
      retentionDays: 90,
      timeGranularitySeconds: 60,
      privacy: {
        k: 11,
        onBreach: "alert",
        exposedPids: { warn: 0.001, block: 0.01 },
        potential: { warn: 0.05, block: 0.2 },
        linkability: { warn: 0.1, block: 0.3 },
        containment: { warn: 0.05, block: 0.2 },
      },
    });
  });

  it("fills in the rest of a part that is given in part", () => {
    const parsed = useCaseSchema.parse({ ...minimal, epoch: { graceSeconds: 60 }, privacy: { k: 20 } });
    expect(parsed.epoch).toEqual({ seconds: DAY_SECONDS, graceSeconds: 60 });
    expect(parsed.privacy).toMatchObject({ k: 20, onBreach: "alert" });
  });

  it("is its own normal form: a document with its defaults parses to itself", () => {
    const parsed = useCaseSchema.parse(minimal);
    expect(useCaseSchema.parse(parsed)).toEqual(parsed);
  });

  it.each([
    ["an event", '{"__proto__":{"fields":{}},"screen_shown":{"fields":{}}}', "events"],
    ["a field", '{"screen_shown":{"fields":{"__proto__":{"type":"boolean"}}}}', "events.screen_shown.fields"],
  ])("refuses %s named __proto__, which would be lost in silence", (_, events, path) => {
    expect(refusals({ events: JSON.parse(events) as unknown })).toEqual([path]);
  });

  it("takes the application server as authenticator", () => {
    const issuance = { authenticator: "application_server", serverId: "shop", tokensPerEpoch: 8 };
    expect(refusals({ issuance })).toEqual([]);
  });

  it.each([
    ["at the top", { retention: 30 }, ""],
    ["in the epoch", { epoch: { second: 60 } }, "epoch"],
    ["in the privacy thresholds", { privacy: { onbreach: "block" } }, "privacy"],
    ["in one threshold", { privacy: { potential: { warm: 0 } } }, "privacy.potential"],
    ["in the issuance", { issuance: { ...minimal.issuance, quota: 1 } }, "issuance"],
    ["in an event", { events: { a: { fields: {}, ttl: 1 } } }, "events.a"],
    ["in a field", withField("a", { type: "boolean", maxLength: 3 }), "events.screen_shown.fields.a"],
  ])("refuses an unknown key %s, since a typo must not loosen a bound", (_, change, path) => {
    expect(refusals(change)).toEqual([path]);
  });

  it.each(["ingest_day", "at", "epoch", "pid", "report_id"])(
    "refuses a field named %s, which every table has",
    (name) => {
      expect(refusals(withField(name, { type: "boolean" }))).toEqual([`events.screen_shown.fields.${name}`]);
    },
  );

  it.each([
    "",
    "A",
    "1a",
    "_a",
    "a-b",
    "a.b",
    "a b",
    "a`b",
    "ä",
    "a".repeat(41),
    "__proto__x",
    "a\n",
    "a__b",
    "a_",
  ])("refuses %j wherever a name becomes part of SQL or a path", (name) => {
    expect(useCaseIdSchema.safeParse(name).success).toBe(false);
    expect(refusals({ events: { [name]: { fields: {} } } })).toHaveLength(1);
    expect(refusals(withField(name, { type: "boolean" }))).toHaveLength(1);
  });

  it.each([
    ["no event", { events: {} }, "events"],
    ["grace as long as the epoch", { epoch: { seconds: 600, graceSeconds: 600 } }, "epoch.graceSeconds"],
    [
      "a pseudonym window that is not whole epochs",
      { pseudonym: { rotationSeconds: DAY_SECONDS + 10 } },
      "pseudonym.rotationSeconds",
    ],
    [
      "a key that lasts less than two epochs",
      { primaryKey: { rotationSeconds: DAY_SECONDS } },
      "primaryKey.rotationSeconds",
    ],
    ["warn above block", { privacy: { potential: { warn: 0.5, block: 0.1 } } }, "privacy.potential"],
    ["k below 2", { privacy: { k: 1 } }, "privacy.k"],
    ["more uses a token than allowed", { usesPerToken: LIMITS.maxUsesPerToken + 1 }, "usesPerToken"],
    ["no retention", { retentionDays: 0 }, "retentionDays"],
    ["an unknown authenticator", { issuance: { authenticator: "none" } }, "issuance.authenticator"],
    [
      "a JWKS of another scheme",
      { issuance: { ...minimal.issuance, jwksUrl: "file:///etc/passwd" } },
      "issuance.jwksUrl",
    ],
    [
      "min above max",
      withField("a", { type: "integer", min: 2, max: 1 }),
      "events.screen_shown.fields.a.min",
    ],
    [
      "an enum that repeats",
      withField("a", { type: "enum", values: ["x", "x"] }),
      "events.screen_shown.fields.a.values",
    ],
    [
      "a string longer than allowed",
      withField("a", { type: "string", maxLength: LIMITS.maxStringFieldLength + 1 }),
      "events.screen_shown.fields.a.maxLength",
    ],
    [
      "a string without a bound",
      withField("a", { type: "string" }),
      "events.screen_shown.fields.a.maxLength",
    ],
    ["an unknown type", withField("a", { type: "json" }), "events.screen_shown.fields.a.type"],
  ])("refuses %s", (_, change, path) => {
    expect(refusals(change)).toEqual([path]);
  });

  it("bounds how many events and fields there are", () => {
    const many = (count: number, value: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, value]));
    expect(refusals({ events: many(LIMITS.maxEventsPerUseCase, { fields: {} }) })).toEqual([]);
    expect(refusals({ events: many(LIMITS.maxEventsPerUseCase + 1, { fields: {} }) })).toEqual(["events"]);
    const boolean = { type: "boolean" };
    expect(refusals({ events: { a: { fields: many(LIMITS.maxFieldsPerEvent, boolean) } } })).toEqual([]);
    expect(refusals({ events: { a: { fields: many(LIMITS.maxFieldsPerEvent + 1, boolean) } } })).toEqual([
      "events.a.fields",
    ]);
  });

  it("reports everything that is wrong at once", () => {
    const paths = refusals({ retentionDays: 0, usesPerToken: 0, events: { "Bad Name": { fields: {} } } });
    expect(paths).toHaveLength(3);
  });
});

describe("a field", () => {
  it.each([
    { type: "boolean" },
    { type: "integer", min: -5, max: -5 },
    { type: "float", unit: "s", description: "time to first frame" },
    { type: "enum", values: ["wifi", "cellular"] },
    { type: "string", maxLength: 1 },
  ])("may be %j", (field) => {
    expect(fieldSchema.parse(field)).toEqual(field);
  });
});

describe("the address of an identity provider's keys", () => {
  it.each([
    " https://id.example/",
    "https://id.example/ ",
    "\ufeffhttps://id.example/",
    "\u0001https://id.example/",
    "ftp://id.example/",
  ])("has one spelling: not %j", (jwksUrl) => {
    const issuance = { authenticator: "jwt", issuer: "i", audience: "a", jwksUrl, tokensPerEpoch: 1 };
    expect(refusals({ issuance }).length).toBeGreaterThan(0);
    expect(refusals({ issuance: { ...issuance, jwksUrl: "https://id.example/" } })).toEqual([]);
  });
});
