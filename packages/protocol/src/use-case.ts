import { z } from "zod";
import { LIMITS } from "./limits.ts";

const DAY_SECONDS = 86_400;

/**
 * Ids are table and column names as they stand. No `__` and no `_` at the end, since a table is `<use case>__<event>`: two pairs of
 * names never make the same table.
 */
const NAME = /^(?=.{1,40}$)[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const nameSchema = z.string().regex(NAME, "lower-case letters, digits and single _ between them, at most 40");
export const useCaseIdSchema = nameSchema;
/** An event's or a field's name. */
export const fieldNameSchema = nameSchema;
const textSchema = z.string().min(1).max(500);

const described = { description: textSchema.optional(), unit: z.string().max(20).optional() };

export const fieldSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("boolean"), ...described }),
  z
    .strictObject({ type: z.literal("integer"), min: z.int(), max: z.int(), ...described })
    .refine((field) => field.min <= field.max, { message: "min is above max", path: ["min"] }),
  z.strictObject({ type: z.literal("float"), ...described }),
  z.strictObject({
    type: z.literal("enum"),
    values: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(LIMITS.maxEnumValues)
      .refine((values) => new Set(values).size === values.length, "values repeat")
      .readonly(),
    ...described,
  }),
  z.strictObject({
    type: z.literal("string"),
    maxLength: z.int().min(1).max(LIMITS.maxStringFieldLength),
    ...described,
  }),
]);

/** Goes before `z.record`, which passes over a key named `__proto__` in silence where it refuses every other bad name. */
function withoutPrototypeKey<Value>() {
  const hasNone = (given: unknown) =>
    typeof given !== "object" || given === null || !Object.hasOwn(given, "__proto__");
  return z.custom<Record<string, Value>>(hasNone, "__proto__ is no name");
}

/** Columns that every event table has; a field may not take their names. */
export const RESERVED_FIELD_NAMES = ["ingest_day", "at", "epoch", "pid", "report_id", "batch"] as const;

const eventSchema = z.strictObject({
  description: textSchema.optional(),
  fields: withoutPrototypeKey<z.input<typeof fieldSchema>>()
    .pipe(
      z.record(
        nameSchema.refine(
          (name) => !(RESERVED_FIELD_NAMES as readonly string[]).includes(name),
          "the name is reserved",
        ),
        fieldSchema,
      ),
    )
    .refine((fields) => Object.keys(fields).length <= LIMITS.maxFieldsPerEvent, "too many fields"),
});

/** The account comes from a JWT that an identity provider signed; its keys are at `jwksUrl`. The subject is the account. */
const jwtIssuance = z.strictObject({
  authenticator: z.literal("jwt"),
  issuer: z.string().min(1),
  audience: z.string().min(1),
  // Readers of URLs trim blanks and controls, so that one address would have many spellings.
  jwksUrl: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be visible ASCII")
    .pipe(z.url({ protocol: /^https?$/ })),
  tokensPerEpoch: z.int().min(1).max(10_000),
});

/** The account is asserted by an application server that ACS trusts under `serverId`; its secret is ACS configuration. */
const applicationServerIssuance = z.strictObject({
  authenticator: z.literal("application_server"),
  serverId: nameSchema,
  tokensPerEpoch: z.int().min(1).max(10_000),
});

const share = (value: number) => z.number().min(0).max(1).default(value);
const threshold = (warn: number, block: number) =>
  z
    .strictObject({ warn: share(warn), block: share(block) })
    .refine((t) => t.warn <= t.block, "warn is above block")
    .prefault({});

/** What the re-identification monitor compares its measurements with; starting values from measured, clean telemetry. */
const privacySchema = z
  .strictObject({
    k: z.int().min(2).max(100).default(11),
    onBreach: z.enum(["alert", "block"]).default("alert"),
    exposedPids: threshold(0.001, 0.01),
    potential: threshold(0.05, 0.2),
    linkability: threshold(0.1, 0.3),
    containment: threshold(0.05, 0.2),
  })
  .prefault({});

const epochSchema = z
  .strictObject({
    /** Length of a credential epoch. */
    seconds: z
      .int()
      .min(10)
      .max(7 * DAY_SECONDS)
      .default(DAY_SECONDS),
    /** How long the previous epoch still redeems. */
    graceSeconds: z.int().min(0).max(DAY_SECONDS).default(3600),
  })
  .refine((epoch) => epoch.graceSeconds < epoch.seconds, {
    message: "grace reaches past one epoch",
    path: ["graceSeconds"],
  })
  .prefault({});

const pseudonymSchema = z
  .strictObject({
    /** Length of a rotation window: within it one client's reports share a stored pseudonym. */
    rotationSeconds: z
      .int()
      .min(10)
      .max(90 * DAY_SECONDS)
      .default(DAY_SECONDS),
    /** How long after a window's last redeemable report its salt is kept, so that a backlog can still be stored. */
    saltGraceSeconds: z
      .int()
      .min(0)
      .max(7 * DAY_SECONDS)
      .default(6 * 3600),
  })
  .prefault({});

const keySchema = z
  .strictObject({
    /** A primary key issues for this long; then the next one does. */
    rotationSeconds: z
      .int()
      .min(60)
      .max(730 * DAY_SECONDS)
      .default(180 * DAY_SECONDS),
  })
  .prefault({});

/**
 * The use-case document: everything that collection, storage and monitoring of one purpose's data follow. Written in YAML or
 * JSON, owned by ACS, versioned and audited. Unknown keys are refused: a typo must not loosen a bound.
 */
export const useCaseSchema = z
  .strictObject({
    useCase: useCaseIdSchema,
    owner: textSchema,
    purpose: textSchema,
    /** The kill switch: a disabled use case issues and accepts nothing, and clients drop what they hold. */
    enabled: z.boolean().default(true),
    issuance: z.discriminatedUnion("authenticator", [jwtIssuance, applicationServerIssuance]),
    epoch: epochSchema,
    primaryKey: keySchema,
    usesPerToken: z.int().min(1).max(LIMITS.maxUsesPerToken).default(64),
    pseudonym: pseudonymSchema,
    /** Days that rows are kept, counted from the day of ingestion. */
    retentionDays: z.int().min(1).max(730).default(90),
    /** Event times are rounded down to a multiple of this. */
    timeGranularitySeconds: z.int().min(1).max(DAY_SECONDS).default(60),
    privacy: privacySchema,
    events: withoutPrototypeKey<z.input<typeof eventSchema>>()
      .pipe(z.record(nameSchema, eventSchema))
      .refine((events) => Object.keys(events).length > 0, "no event is declared")
      .refine((events) => Object.keys(events).length <= LIMITS.maxEventsPerUseCase, "too many events"),
  })
  .refine((u) => u.pseudonym.rotationSeconds % u.epoch.seconds === 0, {
    message: "rotationSeconds is not a multiple of the epoch's seconds",
    path: ["pseudonym", "rotationSeconds"],
  })
  .refine((u) => u.primaryKey.rotationSeconds % u.epoch.seconds === 0, {
    message: "rotationSeconds is not a multiple of the epoch's seconds",
    path: ["primaryKey", "rotationSeconds"],
  })
  .refine((u) => u.primaryKey.rotationSeconds >= 2 * u.epoch.seconds, {
    message: "a primary key must last at least two epochs",
    path: ["primaryKey", "rotationSeconds"],
  });

/** A document as its author writes it: defaults may be left out. */
export type UseCaseInput = DeepReadonly<z.input<typeof useCaseSchema>>;
/** A document as services use it: every default filled in. */
export type UseCase = DeepReadonly<z.output<typeof useCaseSchema>>;
export type FieldInput = DeepReadonly<z.input<typeof fieldSchema>>;
export type Field = DeepReadonly<z.output<typeof fieldSchema>>;

type DeepReadonly<T> = T extends string | number | boolean | undefined | null
  ? T
  : { readonly [K in keyof T]: DeepReadonly<T[K]> };
