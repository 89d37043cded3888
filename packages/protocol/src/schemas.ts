export type {
  FieldBlock,
  FieldDecision,
  FieldPolicy,
  FieldPolicyAnswer,
} from "./field-policy.ts";
export {
  fieldDecisionSchema,
  fieldPolicyAnswerSchema,
  fieldPolicySchema,
  MAX_OVERRIDE_SECONDS,
} from "./field-policy.ts";
export type {
  ConfirmRequest,
  IssueResponse,
  KeyDocument,
  PublishedKey,
  RedeemRequest,
  RedeemResponse,
  RedeemResult,
  UseCaseList,
} from "./messages.ts";
export {
  confirmRequestSchema,
  issueRequestSchema,
  REDEEM_REFUSALS,
  redeemRequestSchema,
  redeemResponseSchema,
  reportBodySchema,
  useCaseListSchema,
} from "./messages.ts";
export type { Field, FieldInput, UseCase, UseCaseInput } from "./use-case.ts";
export { fieldSchema, RESERVED_FIELD_NAMES, useCaseIdSchema, useCaseSchema } from "./use-case.ts";
