import { fromBase64Url } from "@dit/crypto-core";
import { z } from "zod";
import { blockedFieldsSchema } from "./field-policy.ts";
import type { BlockedFields } from "./is-blocked-field.ts";
import { LIMITS } from "./limits.ts";
import { useCaseIdSchema, useCaseSchema } from "./use-case.ts";

/** Unpadded base64url of exactly `lengthBytes`, canonical. Decoded by the schema, so that no later code sees text. */
const bytes = (lengthBytes: number) =>
  z
    .string()
    .length(Math.ceil((lengthBytes * 4) / 3))
    .transform((text, context) => {
      const decoded = fromBase64Url(text);
      if (decoded?.length === lengthBytes) return decoded;
      context.addIssue({ code: "custom", message: `not base64url of ${lengthBytes} bytes` });
      return z.NEVER;
    });

const keyVersionSchema = z.int().min(1).max(999_999_999);
const epochSchema = z.int().min(0).max(999_999_999_999);

/** `POST /v1/use-cases/{useCase}/tokens`, client -> ACS. */
export const issueRequestSchema = z.strictObject({
  keyVersion: keyVersionSchema,
  epoch: epochSchema,
  blinded: z.array(bytes(32)).min(1).max(LIMITS.maxTokensPerIssueRequest),
});

/** Its answer: one evaluated element for each blinded one in the same order, and one proof for the batch. */
export interface IssueResponse {
  readonly evaluated: readonly string[];
  readonly proof: string;
}

/** One primary public key. It issues for epochs that lie within [notBefore, notAfter), in unix seconds. */
export interface PublishedKey {
  readonly keyVersion: number;
  /** 32 bytes, base64url. */
  readonly publicKey: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** `GET /v1/use-cases/{useCase}/keys`: what a client needs to fetch and use tokens; the same bytes for every client. */
export interface KeyDocument {
  readonly environment: string;
  readonly useCase: string;
  readonly enabled: boolean;
  readonly epochSeconds: number;
  readonly graceSeconds: number;
  readonly usesPerToken: number;
  readonly tokensPerEpoch: number;
  /** Fields that are dropped on arrival: a client need not send them. */
  readonly blockedFields: BlockedFields;
  readonly keys: readonly PublishedKey[];
}

/** `POST /v1/redemptions`, ingest -> ACS. */
export const redeemRequestSchema = z.strictObject({
  items: z
    .array(
      z.strictObject({
        useCase: useCaseIdSchema,
        keyVersion: keyVersionSchema,
        epoch: epochSchema,
        token: bytes(32),
        mac: bytes(32),
        transcript: bytes(32),
      }),
    )
    .min(1)
    .max(LIMITS.maxRedemptionsPerRequest),
});
export type RedeemRequest = z.input<typeof redeemRequestSchema>;

/** Why a redemption is refused; each is a problem code, sent on to the client as it stands. */
export const REDEEM_REFUSALS = [
  "credential_invalid",
  "token_exhausted",
  "epoch_expired",
  "use_case_unavailable",
  "use_case_disabled",
  "dependency_unavailable",
] as const;

/**
 * One answer an item, in order. `reserved`: counted now. `repeated`: the same report was counted before and its append is not
 * known to have happened. `confirmed`: the same report is already in the event log.
 */
export const redeemResponseSchema = z.object({
  results: z.array(
    z.union([
      z.object({ outcome: z.enum(["reserved", "repeated", "confirmed"]), uses: z.int(), limit: z.int() }),
      z.object({ outcome: z.literal("refused"), code: z.enum(REDEEM_REFUSALS) }),
    ]),
  ),
});
export type RedeemResponse = z.output<typeof redeemResponseSchema>;
export type RedeemResult = RedeemResponse["results"][number];

/** `POST /v1/redemptions/confirm`, ingest -> ACS: these reports are durable in the event log. Answered 204. */
export const confirmRequestSchema = z.strictObject({
  items: z
    .array(
      z.strictObject({
        useCase: useCaseIdSchema,
        keyVersion: keyVersionSchema,
        epoch: epochSchema,
        token: bytes(32),
        mac: bytes(32),
      }),
    )
    .min(1)
    .max(LIMITS.maxRedemptionsPerRequest),
});
export type ConfirmRequest = z.input<typeof confirmRequestSchema>;

/**
 * `GET /v1/use-cases`, services -> ACS: every document, and which of its fields are not collected. The version is raised by every change of
 * either, so that it names both. Carries an ETag.
 */
export const useCaseListSchema = z.object({
  environment: z.string(),
  useCases: z.array(
    z.object({ version: z.int(), document: useCaseSchema, blockedFields: blockedFieldsSchema }),
  ),
});
export type UseCaseList = z.output<typeof useCaseListSchema>;

/** `POST /v1/use-cases/{useCase}/reports`, client -> edge -> ingest. Fields are checked against the use case, not here. */
export const reportBodySchema = z.strictObject({
  pseudonym: bytes(LIMITS.pseudonymBytes),
  events: z
    .array(
      z.strictObject({
        name: z.string().max(40),
        at: z.int().min(0).max(99_999_999_999),
        fields: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1)
    .max(LIMITS.maxEventsPerReport),
});
