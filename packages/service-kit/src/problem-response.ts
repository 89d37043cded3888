import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode, problemDocument } from "@dit/protocol";
import type { ProblemOptions } from "./problem-error.ts";

type RetryCode = {
  [Code in ProblemCode]: (typeof PROBLEMS)[Code]["action"] extends "retry" ? Code : never;
}[ProblemCode];

/** When to come back, unless the refuser knows better. A code whose action is "retry" must have its line here. */
const RETRY_AFTER_SECONDS: Readonly<Record<RetryCode, number>> = {
  request_timeout: 5,
  // Somebody has to change a setting first.
  misdirected_request: 60,
  // Counted per epoch, so that soon is useless; ACS says the epoch's end when it knows it.
  quota_exhausted: 3600,
  rate_limited: 10,
  internal_error: 10,
  upstream_unavailable: 5,
  dependency_unavailable: 5,
  overloaded: 5,
  upstream_timeout: 5,
};

/**
 * The RFC 9457 document for a code. `Retry-After` is there exactly if the client's action is to retry. Never cached: a
 * refusal stored by a proxy outlives its cause.
 */
export function problemResponse(code: ProblemCode, options: ProblemOptions = {}): Response {
  const { detail, problems, retryAfterSeconds } = options;
  const extra = {
    ...(detail === undefined ? {} : { detail }),
    ...(problems === undefined ? {} : { problems }),
  };
  const headers: Record<string, string> = {
    "content-type": PROBLEM_CONTENT_TYPE,
    "cache-control": "no-store",
  };
  if (isRetryCode(code)) {
    headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfterSeconds ?? RETRY_AFTER_SECONDS[code])));
  }
  return new Response(JSON.stringify(problemDocument(code, extra)), {
    status: PROBLEMS[code].status,
    headers,
  });
}

function isRetryCode(code: ProblemCode): code is RetryCode {
  return PROBLEMS[code].action === "retry";
}
