export {
  type AcceptedEvent,
  type AcceptedReport,
  DEAD_LETTERS_TOPIC,
  REPORTS_TOPIC,
} from "./accepted-report.ts";
export type { CredentialHeader } from "./credential-header.ts";
export { CREDENTIAL_HEADER, formatCredentialHeader, parseCredentialHeader } from "./credential-header.ts";
export { defineUseCase } from "./define-use-case.ts";
export { EDGE_SECRET_HEADER } from "./edge-secret-header.ts";
export type { EventName, FieldsOf } from "./event-types.ts";
export { type BlockedFields, isBlockedField } from "./is-blocked-field.ts";
export { LIMITS } from "./limits.ts";
export { gzipPaddedTo, paddedLength, REPORT_SIZE_BUCKETS_BYTES } from "./padding.ts";
export type { ClientAction, ProblemCode, ProblemDocument } from "./problems.ts";
export { isProblemCode, PROBLEM_CONTENT_TYPE, PROBLEMS, problemDocument } from "./problems.ts";
export { PROTOCOL_VERSION } from "./protocol-version.ts";
export { ROUTES } from "./routes.ts";
