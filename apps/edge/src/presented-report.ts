import { CREDENTIAL_HEADER, LIMITS, parseCredentialHeader } from "@dit/protocol";
import { useCaseIdSchema } from "@dit/protocol/schemas";
import { ProblemError, readBody } from "@dit/service-kit";
import { withDeadline } from "./deadline.ts";

/** Everything the edge takes from a client's request. What is not named here does not exist behind the edge. */
export interface PresentedReport {
  readonly useCase: string;
  readonly contentEncoding: "" | "gzip";
  /** The `DIT-Credential` header, in its one spelling. */
  readonly credential: string;
  /** Byte for byte as received: the client's MAC covers it. */
  readonly body: Uint8Array;
}

/**
 * Each part has exactly one shape, so that nothing else can travel in it. Throws ProblemError `not_found`,
 * `unsupported_media_type`, `credential_invalid`, `payload_too_large` or `request_timeout`. A header that was sent twice is
 * joined with a comma by HTTP, and no longer has that shape.
 */
export async function readPresentedReport(
  request: Request,
  useCase: string,
  bodyTimeoutMs: number,
): Promise<PresentedReport> {
  if (!useCaseIdSchema.safeParse(useCase).success) throw new ProblemError("not_found");
  const contentEncoding = request.headers.get("content-encoding") ?? "";
  if (request.headers.get("content-type") !== "application/json" || !isContentEncoding(contentEncoding)) {
    throw new ProblemError("unsupported_media_type");
  }
  const credential = request.headers.get(CREDENTIAL_HEADER) ?? "";
  if (parseCredentialHeader(credential) === undefined) throw new ProblemError("credential_invalid");
  const body = await withDeadline(readBody(request, LIMITS.maxReportBodyBytes), bodyTimeoutMs);
  return { useCase, contentEncoding, credential, body };
}

function isContentEncoding(value: string): value is PresentedReport["contentEncoding"] {
  return value === "" || value === "gzip";
}
