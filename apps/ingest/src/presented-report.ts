import { CREDENTIAL_HEADER, type CredentialHeader, LIMITS, parseCredentialHeader } from "@dit/protocol";
import { ProblemError, readBody } from "@dit/service-kit";
import type { ContentEncoding } from "./report-body.ts";

/** A report as it arrived: nothing of it is believed yet. */
export interface PresentedReport {
  readonly credential: CredentialHeader;
  readonly contentType: typeof CONTENT_TYPE;
  readonly contentEncoding: ContentEncoding;
  /** As sent: what the MAC covers. */
  readonly body: Uint8Array;
}

/**
 * Throws ProblemError `unsupported_media_type`, `credential_invalid` or `payload_too_large`. A header that was sent twice is
 * joined with a comma by HTTP, and no longer has the one shape that is taken.
 */
export async function readPresentedReport(request: Request): Promise<PresentedReport> {
  const contentType = request.headers.get("content-type");
  const contentEncoding = request.headers.get("content-encoding") ?? "";
  if (contentType !== CONTENT_TYPE || !isContentEncoding(contentEncoding)) {
    throw new ProblemError("unsupported_media_type");
  }
  const credential = parseCredentialHeader(request.headers.get(CREDENTIAL_HEADER) ?? "");
  if (credential === undefined) throw new ProblemError("credential_invalid");
  return {
    credential,
    contentType,
    contentEncoding,
    body: await readBody(request, LIMITS.maxReportBodyBytes),
  };
}

const CONTENT_TYPE = "application/json";

function isContentEncoding(value: string): value is ContentEncoding {
  return value === "" || value === "gzip";
}
