/** What a client does when it is told of a problem. The decision is made on the code alone, never on message text. */
export type ClientAction =
  /** Send the same again later, with backoff; obey `Retry-After`. */
  | "retry"
  /** Take another token (and fetch the keys again), then send again once. */
  | "refetch_token"
  /** Authenticate the account again, then retry. */
  | "reauthenticate"
  /** Sending the same again cannot succeed: drop and count. */
  | "drop";

interface Problem {
  readonly status: number;
  readonly title: string;
  readonly action: ClientAction;
}

/**
 * The one registry of refusals: code -> HTTP status, title, what the client does.
 * Crypto failures share one code: a stranger learns nothing about which check failed.
 */
export const PROBLEMS = {
  malformed_request: { status: 400, title: "The request cannot be parsed", action: "drop" },
  unauthenticated: { status: 401, title: "The account is not authenticated", action: "reauthenticate" },
  service_unauthenticated: { status: 401, title: "The calling service is not authenticated", action: "drop" },
  credential_invalid: {
    status: 401,
    title: "The credential is not valid for this report",
    action: "refetch_token",
  },
  edge_required: { status: 403, title: "Reports are taken through the edge only", action: "drop" },
  use_case_unavailable: {
    status: 403,
    title: "The use case is not available to this caller",
    action: "drop",
  },
  not_found: { status: 404, title: "There is nothing at this address", action: "drop" },
  method_not_allowed: { status: 405, title: "The method is not allowed here", action: "drop" },
  request_timeout: { status: 408, title: "The request took too long to arrive", action: "retry" },
  version_conflict: { status: 409, title: "Somebody else changed this first", action: "drop" },
  epoch_not_issuable: {
    status: 409,
    title: "Tokens are issued for the current and the next epoch only",
    action: "refetch_token",
  },
  epoch_expired: {
    status: 409,
    title: "The credential's epoch is not redeemable now",
    action: "refetch_token",
  },
  token_exhausted: {
    status: 409,
    title: "The token has been used as often as it may",
    action: "refetch_token",
  },
  use_case_disabled: { status: 410, title: "The use case has been switched off", action: "drop" },
  payload_too_large: { status: 413, title: "The body is larger than allowed", action: "drop" },
  unsupported_media_type: {
    status: 415,
    title: "The content type or encoding is not supported",
    action: "drop",
  },
  misdirected_request: {
    status: 421,
    title: "The request is for a host that this service does not answer for",
    action: "retry",
  },
  blinded_element_invalid: { status: 422, title: "A blinded element is not valid", action: "drop" },
  report_invalid: { status: 422, title: "The report does not match its use case", action: "drop" },
  use_case_invalid: { status: 422, title: "The use-case document is not valid", action: "drop" },
  quota_exhausted: { status: 429, title: "The account has had its tokens for this epoch", action: "retry" },
  rate_limited: { status: 429, title: "Too many requests", action: "retry" },
  headers_too_large: { status: 431, title: "The request's headers are too large", action: "drop" },
  internal_error: { status: 500, title: "The service failed", action: "retry" },
  upstream_unavailable: { status: 502, title: "The next service did not answer", action: "retry" },
  dependency_unavailable: { status: 503, title: "A dependency is not available", action: "retry" },
  overloaded: { status: 503, title: "The service is at its limit", action: "retry" },
  upstream_timeout: { status: 504, title: "The next service took too long", action: "retry" },
} as const satisfies Record<string, Problem>;

export type ProblemCode = keyof typeof PROBLEMS;

/** RFC 9457 problem document. `detail` never quotes input; `problems` names the paths of a refused document. */
export interface ProblemDocument {
  readonly type: `urn:dit:problem:${ProblemCode}`;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly problems?: readonly string[];
}

/** RFC 9457 section 3. */
export const PROBLEM_CONTENT_TYPE = "application/problem+json";

export function isProblemCode(value: unknown): value is ProblemCode {
  return typeof value === "string" && Object.hasOwn(PROBLEMS, value);
}

export function problemDocument(
  code: ProblemCode,
  extra: { readonly detail?: string; readonly problems?: readonly string[] } = {},
): ProblemDocument {
  const { status, title } = PROBLEMS[code];
  return { type: `urn:dit:problem:${code}`, title, status, code, ...extra };
}
