import { isProblemCode, PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode } from "@dit/protocol";
import { ProblemError } from "@dit/service-kit";
import { z } from "zod";

export interface UpstreamAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * What ingest may tell a client. Any other answer is a fault between the two services, for which no client should
 * throw its reports away: it becomes `upstream_unavailable`.
 */
const PASSED_ON: ReadonlySet<ProblemCode> = new Set([
  "malformed_request",
  "credential_invalid",
  "use_case_unavailable",
  "use_case_disabled",
  "epoch_expired",
  "token_exhausted",
  "payload_too_large",
  "unsupported_media_type",
  "report_invalid",
  "internal_error",
  "dependency_unavailable",
  "overloaded",
]);

const problemSchema = z.object({
  code: z.string().refine(isProblemCode),
  problems: z.array(z.string().max(200)).max(10).optional(),
});

/** Ingest's refusal, written anew from its code: of its headers only `Retry-After` is looked at. */
export function refusalOf(answer: UpstreamAnswer): ProblemError {
  const parsed = problemSchema.safeParse(jsonOf(answer));
  if (!parsed.success) return new ProblemError("upstream_unavailable");
  const { code, problems } = parsed.data;
  if (!PASSED_ON.has(code) || PROBLEMS[code].status !== answer.statusCode) {
    return new ProblemError("upstream_unavailable");
  }
  return new ProblemError(code, {
    problems,
    retryAfterSeconds: retryAfterOf(answer.headers["retry-after"]),
  });
}

function jsonOf({ headers, text }: UpstreamAnswer): unknown {
  if (headers["content-type"] !== PROBLEM_CONTENT_TYPE) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function retryAfterOf(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,5}$/.test(header) ? Number(header) : undefined;
}
