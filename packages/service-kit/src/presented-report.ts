import { CREDENTIAL_HEADER, type CredentialHeader, LIMITS, parseCredentialHeader } from "@dit/protocol";
import { withDeadline } from "./deadline.ts";
import { ProblemError } from "./problem-error.ts";
import { readBody } from "./read-body.ts";

/** A report as it arrived at the edge or at ingest: nothing of it is believed yet. */
export interface PresentedReport {
  readonly credential: CredentialHeader;
  readonly contentType: typeof CONTENT_TYPE;
  readonly contentEncoding: ContentEncoding;
  /** Byte for byte as sent: the MAC covers it. */
  readonly body: Uint8Array;
}

export type ContentEncoding = "" | "gzip";

const CONTENT_TYPE = "application/json";

/**
 * Each part has exactly one shape, so that nothing else can travel in it. Throws ProblemError `unsupported_media_type`,
 * `credential_invalid`, `payload_too_large` or, if the body is not there in time, `request_timeout`. A header that was sent twice is
 * joined with a comma by HTTP, and no longer has that shape.
 */
export async function readPresentedReport(request: Request, bodyTimeoutMs: number): Promise<PresentedReport> {
  const contentType = request.headers.get("content-type");
  const contentEncoding = request.headers.get("content-encoding") ?? "";
  if (contentType !== CONTENT_TYPE || !isContentEncoding(contentEncoding)) {
    throw new ProblemError("unsupported_media_type");
  }
  const credential = parseCredentialHeader(request.headers.get(CREDENTIAL_HEADER) ?? "");
  if (credential === undefined) throw new ProblemError("credential_invalid");
  const body = await withDeadline(
    readBody(request, LIMITS.maxReportBodyBytes),
    bodyTimeoutMs,
    () => new ProblemError("request_timeout"),
  );
  return { credential, contentType, contentEncoding, body };
}

function isContentEncoding(value: string): value is ContentEncoding {
  return value === "" || value === "gzip";
}
