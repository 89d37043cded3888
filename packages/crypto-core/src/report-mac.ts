import {
  concat,
  equalConstantTime,
  type Mac,
  type MacKey,
  mac,
  type ReportId,
  reportId,
  type Token,
  type TranscriptDigest,
  transcriptDigestBytes,
} from "./bytes.ts";
import { framed, uint64, utf8 } from "./framing.ts";
import { type HmacSha256, nobleHmac, nobleSha256, type Sha256 } from "./hashes.ts";
import { LABELS } from "./labels.ts";

const REPORT_ID_BYTES = 16;

/** Everything of a report that its MAC covers: a report moved to another place, key or encoding does not verify. */
export type ReportTranscript = {
  readonly environment: string;
  readonly useCase: string;
  readonly keyVersion: number;
  readonly epoch: number;
  readonly token: Token;
  /** The header's value as sent. */
  readonly contentType: string;
  /** The header's value as sent; "" when absent. */
  readonly contentEncoding: string;
  /** As sent, so after compression. */
  readonly body: Uint8Array;
};

/** Digest that stands for a report towards the redeemer, who must not see the report itself. */
export function transcriptDigest(report: ReportTranscript, sha256: Sha256 = nobleSha256): TranscriptDigest {
  const transcript = framed(
    utf8(LABELS.report),
    utf8(report.environment),
    utf8(report.useCase),
    uint64(report.keyVersion),
    uint64(report.epoch),
    report.token,
    utf8(report.contentType),
    utf8(report.contentEncoding),
    sha256(report.body),
  );
  return transcriptDigestBytes(sha256(transcript));
}

/** HMAC-SHA256 (RFC 2104). */
export function reportMac(macKey: MacKey, digest: TranscriptDigest, hmac: HmacSha256 = nobleHmac): Mac {
  return mac(hmac(macKey, digest));
}

/** In constant time. A MAC of any other length than 32 bytes is refused, never compared in part. */
export function verifyReportMac(
  macKey: MacKey,
  digest: TranscriptDigest,
  mac: Uint8Array,
  hmac: HmacSha256 = nobleHmac,
): boolean {
  return equalConstantTime(reportMac(macKey, digest, hmac), mac);
}

/** First 16 bytes of SHA-256(token || mac): the same report sent again has the same id, so a retry is no second use. */
export function reportIdOf(token: Token, mac: Mac, sha256: Sha256 = nobleSha256): ReportId {
  return reportId(sha256(concat(token, mac)).slice(0, REPORT_ID_BYTES));
}
