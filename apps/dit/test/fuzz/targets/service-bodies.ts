import { LIMITS } from "@dit/protocol";
import { issueRequestSchema, redeemRequestSchema } from "@dit/protocol/schemas";
import { ProblemError, readJson } from "@dit/service-kit";
import fc from "fast-check";
import type { z } from "zod";
import { type FuzzTarget, REFUSED } from "../fuzz.ts";
import { base64UrlBytes, hasExactly, isIntegerWithin, isName, isObject, jsonOf } from "../models.ts";
import { mutated } from "../mutated.ts";
import { withOddValues } from "../odd-values.ts";

const B32 = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const OTHER = "vt_Po-whpE8L2bpOT7SD2_gGkdpi1GPjHMtrm6VdcgE";
/** The same bytes as B32 to a lax decoder. */
const UNCANONICAL = `${B32.slice(0, -1)}9`;

const ISSUES = [
  { keyVersion: 1, epoch: 20_454, blinded: [B32] },
  { keyVersion: 999_999_999, epoch: 0, blinded: [B32, OTHER, "A".repeat(43)] },
  { keyVersion: 1, epoch: 20_454, blinded: Array.from({ length: 128 }, () => B32) },
  { keyVersion: 1, epoch: 20_454, blinded: Array.from({ length: 129 }, () => B32) },
  { keyVersion: 1, epoch: 20_454, blinded: [UNCANONICAL] },
  { keyVersion: 1, epoch: 20_454, blinded: [] },
];
const ITEM = { useCase: "messaging", keyVersion: 1, epoch: 20_454, token: B32, mac: OTHER, transcript: B32 };
const REDEEMS = [
  { items: [ITEM] },
  { items: [ITEM, { ...ITEM, useCase: "a", epoch: 999_999_999_999 }] },
  { items: Array.from({ length: 64 }, () => ITEM) },
  { items: [{ ...ITEM, mac: UNCANONICAL }] },
  { items: [{ ...ITEM, useCase: "a__b" }] },
  { items: [] },
];
/** Deep enough to end a recursive parser's stack. */
const DEEP = `${"[".repeat(8_000)}${"]".repeat(8_000)}`;

function bodies(samples: readonly unknown[]): fc.Arbitrary<Uint8Array> {
  const texts = samples.map((sample) => Buffer.from(JSON.stringify(sample)));
  const tricky = ["", " ", "null", "{}", DEEP, "\ufeff{}", `${JSON.stringify(samples[0])} `.padEnd(140_000)];
  const spaced = Buffer.from(`\ufeff ${JSON.stringify(samples[0], undefined, 2)}\r\n`);
  return fc.oneof(
    { weight: 4, arbitrary: mutated([...texts.filter(({ length }) => length < 4_000), spaced]) },
    { weight: 4, arbitrary: withOddValues(samples.slice(0, 2)).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.constantFrom(...texts) },
    { weight: 1, arbitrary: fc.constantFrom(...tricky.map((text) => Buffer.from(text))) },
  );
}

/** Through what the routes read their bodies with. */
async function read(body: Uint8Array, schema: z.ZodType, maxBytes: number): Promise<string> {
  try {
    return JSON.stringify(await readJson(requestOf(body), schema, maxBytes), hexBytes);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return REFUSED + error.code;
  }
}

/** As much of a request as is read: a whole one takes longer to make than to read. */
function requestOf(body: Uint8Array): Request {
  const headers = new Headers({ "content-type": "application/json", "content-length": String(body.length) });
  return { headers, arrayBuffer: async () => Uint8Array.from(body).buffer } as unknown as Request;
}

function hexBytes(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

function referenceOf(maxBytes: number, model: (value: unknown) => unknown): (body: Uint8Array) => string {
  return (body) => {
    if (body.length > maxBytes) return `${REFUSED}payload_too_large`;
    const json = jsonOf(body, "skipped");
    const right = json === undefined ? undefined : model(json.value);
    return right === undefined ? `${REFUSED}malformed_request` : JSON.stringify(right);
  };
}

function hex32(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = base64UrlBytes(value);
  return bytes?.length === 32 ? bytes.toString("hex") : undefined;
}

function isVersionAndEpoch({ keyVersion, epoch }: { readonly [key: string]: unknown }): boolean {
  return isIntegerWithin(keyVersion, 1, 999_999_999) && isIntegerWithin(epoch, 0, 999_999_999_999);
}

/** ACS has a code of its own for elements that are none: to it they are any texts at first. */
export function rightIssueEnvelope(
  value: unknown,
): { keyVersion: number; epoch: number; blinded: readonly string[] } | undefined {
  if (!isObject(value) || !hasExactly(value, ["keyVersion", "epoch", "blinded"])) return undefined;
  const { keyVersion, epoch, blinded } = value;
  if (!isVersionAndEpoch(value) || !Array.isArray(blinded)) return undefined;
  if (blinded.length < 1 || blinded.length > 128) return undefined;
  if (blinded.some((each) => typeof each !== "string")) return undefined;
  return { keyVersion: Number(keyVersion), epoch: Number(epoch), blinded };
}

function rightIssue(value: unknown): unknown {
  const envelope = rightIssueEnvelope(value);
  if (envelope === undefined) return undefined;
  const { keyVersion, epoch, blinded } = envelope;
  const elements = blinded.map(hex32);
  return elements.includes(undefined) ? undefined : { keyVersion, epoch, blinded: elements };
}

export function rightRedeem(value: unknown): unknown {
  if (!isObject(value) || !hasExactly(value, ["items"]) || !Array.isArray(value.items)) return undefined;
  if (value.items.length < 1 || value.items.length > 256) return undefined;
  const items = value.items.map(rightItem);
  return items.includes(undefined) ? undefined : { items };
}

function rightItem(item: unknown): object | undefined {
  if (!isObject(item)) return undefined;
  if (!hasExactly(item, ["useCase", "keyVersion", "epoch", "token", "mac", "transcript"])) return undefined;
  const { useCase, keyVersion, epoch } = item;
  const [token, mac, transcript] = [item.token, item.mac, item.transcript].map(hex32);
  if (!isName(useCase) || !isVersionAndEpoch(item)) return undefined;
  if (token === undefined || mac === undefined || transcript === undefined) return undefined;
  return { useCase, keyVersion, epoch, token, mac, transcript };
}

export const issueBody: FuzzTarget<Uint8Array> = {
  name: "the body that asks for tokens",
  inputs: bodies(ISSUES),
  product: (body) => read(body, issueRequestSchema, LIMITS.maxIssueBodyBytes),
  reference: referenceOf(16_384, rightIssue),
};

export const redeemBody: FuzzTarget<Uint8Array> = {
  name: "the body that redeems",
  inputs: bodies(REDEEMS),
  product: (body) => read(body, redeemRequestSchema, LIMITS.maxRedeemBodyBytes),
  reference: referenceOf(131_072, rightRedeem),
};
