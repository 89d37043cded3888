import { toBase64Url } from "@dit/crypto-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "./limits.ts";
import {
  confirmRequestSchema,
  issueRequestSchema,
  redeemRequestSchema,
  redeemResponseSchema,
  reportBodySchema,
} from "./messages.ts";

const text32 = toBase64Url(new Uint8Array(32).fill(7));
const item = { useCase: "a", keyVersion: 1, epoch: 20_000, token: text32, mac: text32 };
const redeemItem = { ...item, transcript: text32 };
const issue = { keyVersion: 1, epoch: 20_000, blinded: [text32] };
const report = {
  pseudonym: toBase64Url(new Uint8Array(16)),
  events: [{ name: "a", at: 1_700_000_000, fields: { anything: { at: ["all"] } } }],
};

describe("bytes in a message", () => {
  it("arrive decoded, as they were sent", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const { blinded } = issueRequestSchema.parse({ ...issue, blinded: [toBase64Url(bytes)] });
        expect(blinded).toEqual([bytes]);
      }),
    );
  });

  it.each([
    ["shorter", "A".repeat(42)],
    ["longer", "A".repeat(44)],
    ["padded", `${"A".repeat(42)}=`],
    ["spelt with bits behind the last byte", `${"A".repeat(42)}B`],
    ["in plain base64", `${"A".repeat(42)}+`],
    ["not text", 7],
  ])("are refused %s", (_, text) => {
    expect(issueRequestSchema.safeParse({ ...issue, blinded: [text] }).success).toBe(false);
    expect(redeemRequestSchema.safeParse({ items: [{ ...redeemItem, token: text }] }).success).toBe(false);
  });
});

describe.each([
  ["issue request", issueRequestSchema, issue],
  ["redeem request", redeemRequestSchema, { items: [redeemItem] }],
  ["confirm request", confirmRequestSchema, { items: [item] }],
  ["report", reportBodySchema, report],
] as const)("the %s", (_, schema, message) => {
  it("is accepted", () => {
    expect(schema.safeParse(message).success).toBe(true);
  });

  it("is refused with an unknown key, without a known one, and as anything but an object", () => {
    expect(schema.safeParse({ ...message, extra: 1 }).success).toBe(false);
    for (const key of Object.keys(message)) {
      expect(schema.safeParse({ ...message, [key]: undefined }).success).toBe(false);
    }
    for (const other of [null, [], "", 1, [message]]) expect(schema.safeParse(other).success).toBe(false);
  });
});

describe("counts in a message", () => {
  it.each([
    [
      "blinded elements",
      LIMITS.maxTokensPerIssueRequest,
      (n: number) => issueRequestSchema.safeParse({ ...issue, blinded: Array(n).fill(text32) }),
    ],
    [
      "redemptions",
      LIMITS.maxRedemptionsPerRequest,
      (n: number) => redeemRequestSchema.safeParse({ items: Array(n).fill(redeemItem) }),
    ],
    [
      "confirmations",
      LIMITS.maxRedemptionsPerRequest,
      (n: number) => confirmRequestSchema.safeParse({ items: Array(n).fill(item) }),
    ],
    [
      "events",
      LIMITS.maxEventsPerReport,
      (n: number) => reportBodySchema.safeParse({ ...report, events: Array(n).fill(report.events[0]) }),
    ],
  ])("%s: from one to the limit", (_, limit, parse) => {
    expect(parse(0).success).toBe(false);
    expect(parse(1).success).toBe(true);
    expect(parse(limit).success).toBe(true);
    expect(parse(limit + 1).success).toBe(false);
  });

  it.each([-1, 0.5, Number.NaN, "1", 2 ** 53])("refuses %s as an epoch or key version", (value) => {
    expect(issueRequestSchema.safeParse({ ...issue, epoch: value }).success).toBe(false);
    expect(issueRequestSchema.safeParse({ ...issue, keyVersion: value }).success).toBe(false);
  });

  it("fit their body limits at their largest", () => {
    const largest = { keyVersion: 999_999_999, epoch: 999_999_999_999 };
    const issueBody = { ...largest, blinded: Array(LIMITS.maxTokensPerIssueRequest).fill(text32) };
    expect(JSON.stringify(issueBody).length).toBeLessThanOrEqual(LIMITS.maxIssueBodyBytes);
    const redeemBody = {
      items: Array(LIMITS.maxRedemptionsPerRequest).fill({
        ...redeemItem,
        ...largest,
        useCase: "a".repeat(40),
      }),
    };
    expect(JSON.stringify(redeemBody).length).toBeLessThanOrEqual(LIMITS.maxRedeemBodyBytes);
  });
});

describe("a redemption's result", () => {
  it("is a count or a refusal, never both and nothing else", () => {
    const parse = (result: unknown) => redeemResponseSchema.safeParse({ results: [result] }).success;
    expect(parse({ outcome: "reserved", uses: 1, limit: 64 })).toBe(true);
    expect(parse({ outcome: "refused", code: "credential_invalid" })).toBe(true);
    expect(parse({ outcome: "refused", code: "internal_error" })).toBe(false);
    expect(parse({ outcome: "refused" })).toBe(false);
    expect(parse({ outcome: "reserved" })).toBe(false);
  });
});
