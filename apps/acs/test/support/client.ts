import {
  type Credential,
  createCredentialRequest,
  createNoblePoprf,
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
import { ROUTES } from "@dit/protocol";
import type { IssueResponse, KeyDocument, RedeemResponse, RedeemResult } from "@dit/protocol/schemas";
import { type Answer, type Answering, asAccount, asService, call } from "./calls.ts";

const poprf: Poprf = createNoblePoprf();

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
}

export async function fetchKeys(acs: Answering, useCase = "messaging"): Promise<KeyDocument> {
  return (await call(acs, "GET", ROUTES.keys(useCase))).json<KeyDocument>();
}

/** The key of an epoch, as a client finds it. */
export function keyOfEpoch(keys: KeyDocument, epoch: number): KeyDocument["keys"][number] {
  const start = epoch * keys.epochSeconds;
  const fits = keys.keys.filter((key) => key.notBefore <= start && start + keys.epochSeconds <= key.notAfter);
  const [key] = fits;
  if (key === undefined || fits.length !== 1) throw new Error(`${fits.length} keys for epoch ${epoch}`);
  return key;
}

export function prepare(keys: KeyDocument, epoch: number, count: number) {
  const { keyVersion, publicKey } = keyOfEpoch(keys, epoch);
  const { environment, useCase, epochSeconds } = keys;
  return createCredentialRequest({
    poprf,
    info: { environment, useCase, keyVersion, epochSeconds, epoch },
    publicKey: element(bytesOf(publicKey)),
    count,
  });
}

export async function postTokens(
  acs: Answering,
  body: unknown,
  headers: Record<string, string> = asAccount("alice"),
  useCase = "messaging",
): Promise<Answer> {
  return call(acs, "POST", ROUTES.issueTokens(useCase), { headers, body });
}

/** Fetches tokens as an honest client does, checking the proof. Throws if refused. */
export async function fetchCredentials(
  acs: Answering,
  o: {
    readonly nowSeconds: number;
    readonly count: number;
    readonly epochsAhead?: number;
    readonly headers?: Record<string, string>;
    readonly useCase?: string;
  },
): Promise<Credential[]> {
  const keys = await fetchKeys(acs, o.useCase);
  const epoch = epochAt(o.nowSeconds, keys.epochSeconds) + (o.epochsAhead ?? 0);
  const { context, request } = prepare(keys, epoch, o.count);
  const body = { ...request, blinded: request.blinded.map(toBase64Url) };
  const answer = await postTokens(acs, body, o.headers, o.useCase);
  if (answer.status !== 200) throw new Error(`refused: ${answer.code}`);
  const response = answer.json<IssueResponse>();
  return receiveCredentials({
    poprf,
    context,
    response: {
      evaluated: response.evaluated.map((text) => element(bytesOf(text))),
      proof: proof(bytesOf(response.proof)),
    },
  });
}

export interface RedeemItem {
  readonly useCase: string;
  readonly keyVersion: number;
  readonly epoch: number;
  readonly token: string;
  readonly mac: string;
  readonly transcript: string;
}

/** What ingest sends to ACS for a report of `body`, made with a credential. */
export function redeemItem(
  credential: Credential,
  body: string,
  bound: { readonly useCase?: string; readonly environment?: string } = {},
): RedeemItem {
  const { useCase = "messaging", environment = "test" } = bound;
  const { keyVersion, epoch, token, macKey } = credential;
  const digest = transcriptDigest({
    environment,
    useCase,
    keyVersion,
    epoch,
    token,
    contentType: "application/json",
    contentEncoding: "",
    body: new TextEncoder().encode(body),
  });
  return {
    useCase,
    keyVersion,
    epoch,
    token: toBase64Url(token),
    mac: toBase64Url(reportMac(macKey, digest)),
    transcript: toBase64Url(digest),
  };
}

export async function redeem(acs: Answering, items: readonly RedeemItem[]): Promise<RedeemResult[]> {
  const answer = await call(acs, "POST", ROUTES.redeem, { headers: asService, body: { items } });
  if (answer.status !== 200) throw new Error(`refused: ${answer.code}`);
  return answer.json<RedeemResponse>().results;
}

/** `reserved`, or the code of the refusal. */
export function outcomeOf(result: RedeemResult | undefined): string | undefined {
  return result?.outcome === "refused" ? result.code : result?.outcome;
}

export async function confirm(acs: Answering, items: readonly RedeemItem[]): Promise<Answer> {
  const confirmed = items.map(({ transcript: _, ...item }) => item);
  return call(acs, "POST", ROUTES.confirm, { headers: asService, body: { items: confirmed } });
}
