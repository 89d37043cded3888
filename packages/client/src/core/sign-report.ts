import {
  fromBase64Url,
  macKey,
  reportIdOf,
  reportMac,
  toBase64Url,
  toHex,
  token,
  transcriptDigest,
} from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, parseCredentialHeader } from "@dit/protocol";
import type { Context } from "./context.ts";
import type { PackedReport } from "./pack-report.ts";
import type { SignedReport, StoredToken } from "./state.ts";

const CONTENT_TYPE = "application/json";

/** Every header of a report that the client sets. The MAC covers all but the credential itself. */
export function reportHeaders(gzip: boolean, credential: string): Record<string, string> {
  const encoding = gzip ? { "content-encoding": "gzip" } : {};
  return { "content-type": CONTENT_TYPE, ...encoding, [CREDENTIAL_HEADER]: credential };
}

/** Signs the exact bytes that will be sent, and so binds them to this token's epoch and key. */
export function signReport(
  { settings: { environment, useCase } }: Context,
  { body, gzip, json }: PackedReport,
  stored: StoredToken,
): SignedReport {
  const { keyVersion, epoch } = stored;
  const tokenBytes = token(fromBase64Url(stored.token) ?? new Uint8Array());
  const digest = transcriptDigest({
    environment,
    useCase,
    keyVersion,
    epoch,
    token: tokenBytes,
    contentType: CONTENT_TYPE,
    contentEncoding: gzip ? "gzip" : "",
    body,
  });
  const mac = reportMac(macKey(fromBase64Url(stored.macKey) ?? new Uint8Array()), digest);
  const credential = formatCredentialHeader({ keyVersion, epoch, token: tokenBytes, mac });
  return { credential, json, body: toBase64Url(body), gzip };
}

/** 16 bytes, hex. */
export function signedReportId({ credential }: SignedReport): string {
  const header = parseCredentialHeader(credential);
  return header === undefined ? "" : toHex(reportIdOf(header.token, header.mac));
}
