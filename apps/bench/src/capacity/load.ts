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
/** Of Linux's connections to one address: nothing is measured by it. */
const AT_ONCE = 32;

export interface LoadTarget {
  readonly acsUrl: string;
  readonly edgeUrl: string;
  readonly identityProviderUrl: string;
  readonly environment: string;
  readonly poprf: Poprf;
}

/** Runs `work` so many times, some at once. */
export async function repeat<T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const run = async () => {
    for (let index = next++; index < times; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, times) }, run));
  return results;
}

/** Access tokens of accounts that nobody else has. */
export function newAccounts({ identityProviderUrl }: LoadTarget, count: number): Promise<string[]> {
  return repeat(count, () => fetchAccessToken(identityProviderUrl, randomBytes(16).toString("hex")));
}

/** One request of one account for a batch of tokens, checked as an SDK checks it. */
export async function fetchTokens(
  { acsUrl, poprf }: LoadTarget,
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

export async function readKeys({ acsUrl }: LoadTarget): Promise<KeyDocument> {
  const answer = await fetch(acsUrl + ROUTES.keys(useCase));
  if (!answer.ok) throw new Error(`no keys: ${answer.status}`);
  return (await answer.json()) as KeyDocument;
}

/** A report as the SDK sends it: gzip, padded to its size bucket, signed. Answers with its bytes, headers included. */
export async function sendReport(
  { edgeUrl, environment }: LoadTarget,
  credential: Credential,
  events: number,
): Promise<number> {
  const { keyVersion, epoch, token, macKey } = credential;
  const body = reportBody(events);
  const transcript = { environment, useCase, keyVersion, epoch, token, contentType: CONTENT_TYPE };
  const mac = reportMac(macKey, transcriptDigest({ ...transcript, contentEncoding: "gzip", body }));
  const headers = {
    "content-type": CONTENT_TYPE,
    "content-encoding": "gzip",
    [CREDENTIAL_HEADER]: formatCredentialHeader({ keyVersion, epoch, token, mac }),
  };
  const answer = await fetch(edgeUrl + ROUTES.reports(useCase), { method: "POST", headers, body });
  if (answer.status !== 202) throw new Error(`a report is refused: ${await answer.text()}`);
  await answer.arrayBuffer();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return body.length + Buffer.byteLength(`POST ${ROUTES.reports(useCase)} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

function reportBody(events: number): Uint8Array<ArrayBuffer> {
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
