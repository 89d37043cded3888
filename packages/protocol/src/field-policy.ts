import { z } from "zod";
import { fieldNameSchema } from "./use-case.ts";

const DAY_SECONDS = 86_400;
/** An override is a decision for now: whoever still wants it then decides again. */
export const MAX_OVERRIDE_SECONDS = 90 * DAY_SECONDS;

const why = z.string().trim().min(1).max(500);
const who = z.string().trim().min(1).max(100);
const place = { event: fieldNameSchema, field: fieldNameSchema };

/**
 * `POST /v1/use-cases/{useCase}/field-decisions`. `block`: the field is not collected any more. `override`: it is until then, although it
 * is blocked. `unblock`: it is again. `clear`: what is stored of it is removed. The monitor may only block; `by` is a human's name otherwise.
 */
export const fieldDecisionSchema = z.discriminatedUnion("decision", [
  z.strictObject({ decision: z.literal("block"), ...place, by: who, reason: why }),
  z.strictObject({ decision: z.literal("unblock"), ...place, by: who, reason: why }),
  z.strictObject({ decision: z.literal("clear"), ...place, by: who, reason: why }),
  z.strictObject({
    decision: z.literal("override"),
    ...place,
    by: who,
    reason: why,
    untilSeconds: z.int().min(0),
  }),
]);
export type FieldDecision = Readonly<z.output<typeof fieldDecisionSchema>>;

const blockSchema = z.strictObject({ ...place, by: z.string(), reason: z.string(), sinceSeconds: z.int() });
const overrideSchema = z.strictObject({ ...blockSchema.shape, untilSeconds: z.int() });

/** Which fields of a use case are not collected, since when, by whom and why. A field has at most one entry in each list. */
export const fieldPolicySchema = z.strictObject({
  blocks: z.array(blockSchema).readonly(),
  overrides: z.array(overrideSchema).readonly(),
  /** Fields whose stored values are to be removed; the monitor does it, and leaves the entry as the record of it. */
  clearings: z.array(blockSchema).readonly(),
});
export type FieldPolicy = Readonly<z.output<typeof fieldPolicySchema>>;
export type FieldBlock = FieldPolicy["blocks"][number];

/** `GET /v1/use-cases/{useCase}/field-policy`, and the answer to a decision: `version` is the use case's, which each change raises. */
export const fieldPolicyAnswerSchema = z.object({ version: z.int(), policy: fieldPolicySchema });
export type FieldPolicyAnswer = z.output<typeof fieldPolicyAnswerSchema>;

/** `BlockedFields` as it travels. */
export const blockedFieldsSchema = z.record(z.string(), z.array(z.string()).readonly());
