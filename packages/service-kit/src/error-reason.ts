import { ProblemError } from "./problem-error.ts";

/** Too short for a token or a MAC (43 characters in base64url), and without the characters of an address. */
const NAME = /^[A-Za-z]\w{0,39}$/;

/**
 * What may be said of an unknown error: its code, or else the name of its class. Never its message, which may quote whatever
 * was being processed.
 */
export function errorReason(error: unknown): string {
  if (error instanceof ProblemError) return reasonOfProblem(error);
  if (!(error instanceof Error)) return "not_an_error";
  // `fetch` wraps the failure that says something ("ECONNREFUSED") in a TypeError that does not.
  return codeOf(error) ?? codeOf(error.cause) ?? nameOf(error);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && NAME.test(error.code) ? error.code : undefined;
}

function nameOf(error: Error): string {
  const name = error.name === "Error" ? error.constructor.name : error.name;
  return NAME.test(name) ? name : "Error";
}

/** "A dependency is not available" says less than why: the cause, where there is one. */
function reasonOfProblem({ code, cause }: ProblemError): string {
  return code === "dependency_unavailable" && cause instanceof Error ? errorReason(cause) : code;
}
