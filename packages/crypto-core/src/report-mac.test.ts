import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, mac, macKey, token } from "./bytes.ts";
import { framed, uint64, utf8 } from "./framing.ts";
import {
  type ReportTranscript,
  reportIdOf,
  reportMac,
  transcriptDigest,
  verifyReportMac,
} from "./report-mac.ts";

const KEY = macKey(new Uint8Array(32).fill(9));
const REPORT: ReportTranscript = {
  environment: "production",
  useCase: "app",
  keyVersion: 3,
  epoch: 20000,
  token: token(new Uint8Array(32).fill(4)),
  contentType: "application/json",
  contentEncoding: "gzip",
  body: utf8('{"events":[]}'),
};
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());

describe("report MAC", () => {
  it("is HMAC-SHA256 of a digest of the framed transcript, as Node's crypto computes it", () => {
    const digest = sha256(
      framed(
        utf8("DIT-v1 report"),
        utf8("production"),
        utf8("app"),
        uint64(3),
        uint64(20000),
        REPORT.token,
        utf8("application/json"),
        utf8("gzip"),
        sha256(REPORT.body),
      ),
    );
    expect(transcriptDigest(REPORT)).toEqual(digest);
    const expected = new Uint8Array(createHmac("sha256", KEY).update(digest).digest());
    expect(reportMac(KEY, transcriptDigest(REPORT))).toEqual(expected);
  });

  const elsewhere: [string, Partial<ReportTranscript>][] = [
    ["environment", { environment: "staging" }],
    ["use case", { useCase: "app2" }],
    ["key version", { keyVersion: 4 }],
    ["epoch", { epoch: 20001 }],
    ["token", { token: token(new Uint8Array(32)) }],
    ["content type", { contentType: "text/plain" }],
    ["content encoding", { contentEncoding: "" }],
    ["body", { body: utf8('{"events":[0]}') }],
    ["border between two fields", { environment: "productiona", useCase: "pp" }],
  ];
  it.each(elsewhere)("does not verify for another %s", (_name, change) => {
    const sent = reportMac(KEY, transcriptDigest(REPORT));
    expect(verifyReportMac(KEY, transcriptDigest({ ...REPORT, ...change }), sent)).toBe(false);
    expect(verifyReportMac(KEY, transcriptDigest(REPORT), sent)).toBe(true);
  });

  it("does not verify in part, nor under another key", () => {
    const digest = transcriptDigest(REPORT);
    const sent = reportMac(KEY, digest);
    for (const length of [0, 1, 16, 31]) {
      expect(verifyReportMac(KEY, digest, sent.subarray(0, length))).toBe(false);
    }
    expect(verifyReportMac(KEY, digest, concat(sent, Uint8Array.of(0)))).toBe(false);
    expect(verifyReportMac(macKey(KEY.with(0, 8)), digest, sent)).toBe(false);
  });
});

describe("reportIdOf", () => {
  it("is the first 16 bytes of SHA-256(token || mac)", () => {
    const sent = reportMac(KEY, transcriptDigest(REPORT));
    expect(reportIdOf(REPORT.token, sent)).toEqual(sha256(concat(REPORT.token, sent)).slice(0, 16));
    expect(reportIdOf(REPORT.token, mac(sent.with(31, (sent[31] ?? 0) ^ 1)))).not.toEqual(
      reportIdOf(REPORT.token, sent),
    );
  });
});
