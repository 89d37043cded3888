import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  type Credential,
  createCredentialRequest,
  element,
  epochAt,
  fromBase64Url,
  type Poprf,
  proof,
  receiveCredentials,
  reportMac,
  toBase64Url,
  transcriptDigest,
} from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, gzipPaddedTo, ROUTES } from "@dit/protocol";
import type { IssueResponse, KeyDocument } from "@dit/protocol/schemas";
import { fetchAccessToken, simulatedUseCase } from "@dit/simulator";
import { sampleEvents } from "./sample-events.ts";

const { useCase } = simulatedUseCase;
const CONTENT_TYPE = "application/json";
/** Of a report without a credential. */
const HEADERS = { "content-type": CONTENT_TYPE, "content-encoding": "gzip" } as const;
/** As many as each service takes however busy it is: nothing is measured by it. */
const AT_ONCE = 16;

/** Where tokens come from. */
export interface TokenTarget {
  readonly acsUrl: string;
  readonly identityProviderUrl: string;
  readonly poprf: Poprf;
}

export interface LoadTarget extends TokenTarget {
  readonly edgeUrl: string;
  readonly environment: string;
}

/** Runs `work` so many times, some at once. */
export async function repeat<T>(
  times: number,
  work: (index: number) => Promise<T>,
  atOnce = AT_ONCE,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const run = async () => {
    for (let index = next++; index < times; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, run));
  return results;
}

/** Access tokens of accounts that nobody else has. */
export function newAccounts({ identityProviderUrl }: TokenTarget, count: number): Promise<string[]> {
  return repeat(count, () => fetchAccessToken(identityProviderUrl, randomBytes(16).toString("hex")));
}

/** One request of one account for a batch of tokens, checked as an SDK checks it. */
export async function fetchTokens(
  { acsUrl, poprf }: TokenTarget,
  keys: KeyDocument,
  accessToken: string,
  count: number,
): Promise<Credential[]> {
  const [key] = keys.keys;
  if (key === undefined) throw new Error("no key is published");
  const { environment, epochSeconds } = keys;
  const epoch = epochAt(Date.now() / 1000, epochSeconds);
  const { request, context } = createCredentialRequest({
    poprf,
    info: { environment, useCase, keyVersion: key.keyVersion, epochSeconds, epoch },
    publicKey: element(bytesOf(key.publicKey)),
    count,
  });
  const answer = await fetch(acsUrl + ROUTES.issueTokens(useCase), {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": CONTENT_TYPE },
    body: JSON.stringify({ ...request, blinded: request.blinded.map(toBase64Url) }),
  });
  if (!answer.ok) throw new Error(`tokens are refused: ${await answer.text()}`);
  const { evaluated, proof: proofText } = (await answer.json()) as IssueResponse;
  return receiveCredentials({
    poprf,
    context,
    response: {
      evaluated: evaluated.map((each) => element(bytesOf(each))),
      proof: proof(bytesOf(proofText)),
    },
  });
}

/** Tokens an account fetches in one request of a whole load. */
export const TOKENS_AT_ONCE = 32;

/** At least so many, of as many accounts as it takes. */
export async function tokensFor(
  target: TokenTarget,
  keys: KeyDocument,
  count: number,
): Promise<Credential[]> {
  const accounts = await newAccounts(target, Math.ceil(count / TOKENS_AT_ONCE));
  const batches = await repeat(accounts.length, (index) =>
    fetchTokens(target, keys, accounts[index] ?? "", TOKENS_AT_ONCE),
  );
  return batches.flat();
}

export async function readKeys({ acsUrl }: TokenTarget): Promise<KeyDocument> {
  const answer = await fetch(acsUrl + ROUTES.keys(useCase));
  if (!answer.ok) throw new Error(`no keys: ${answer.status}`);
  return (await answer.json()) as KeyDocument;
}

/** A report as it travels. */
export interface SignedReport {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** As the SDK makes it: gzip, padded to its size bucket, signed. */
export function signReport(environment: string, credential: Credential, events: number): SignedReport {
  const body = reportBody(events);
  return { headers: signedHeaders(environment, credential, body), body };
}

/** The same without a credential. */
export function unsignedReport(events: number): SignedReport {
  return { headers: HEADERS, body: reportBody(events) };
}

/** Sends a report; throws unless it is accepted. */
export async function postReport(url: string, { headers, body }: SignedReport): Promise<void> {
  const answer = await fetch(url + ROUTES.reports(useCase), { method: "POST", headers, body });
  if (answer.status !== 202) throw new Error(`a report is refused: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** Signs and sends. Answers with the report's bytes, headers included. */
export async function sendReport(
  { edgeUrl, environment }: LoadTarget,
  credential: Credential,
  events: number,
): Promise<number> {
  const report = signReport(environment, credential, events);
  await postReport(edgeUrl, report);
  const lines = Object.entries(report.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${ROUTES.reports(useCase)} HTTP/1.1\r\n${lines.join("")}\r\n`;
  return report.body.length + Buffer.byteLength(head);
}

/** What goes with a body, its MAC included. */
export function signedHeaders(
  environment: string,
  { keyVersion, epoch, token, macKey }: Credential,
  body: Uint8Array,
): Record<string, string> {
  const transcript = { environment, useCase, keyVersion, epoch, token, contentType: CONTENT_TYPE };
  const mac = reportMac(macKey, transcriptDigest({ ...transcript, contentEncoding: "gzip", body }));
  return { ...HEADERS, [CREDENTIAL_HEADER]: formatCredentialHeader({ keyVersion, epoch, token, mac }) };
}

/** Of a client that nobody else is. */
export function reportBody(events: number): Uint8Array<ArrayBuffer> {
  const report = {
    pseudonym: toBase64Url(new Uint8Array(randomBytes(16))),
    events: sampleEvents(events, Math.floor(Date.now() / 1000)),
  };
  const padded = gzipPaddedTo(new Uint8Array(gzipSync(JSON.stringify(report))));
  if (padded === undefined) throw new Error("a report is too large");
  return padded;
}

function bytesOf(text: string): Uint8Array {
  return fromBase64Url(text) ?? new Uint8Array();
}
