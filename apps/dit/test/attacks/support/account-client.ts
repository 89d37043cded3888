import {
  type Credential,
  createCredentialRequest,
  element,
  epochAt,
  fromBase64Url,
  type Poprf,
  proof,
  receiveCredentials,
  toBase64Url,
} from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { IssueResponse, KeyDocument } from "@dit/protocol/schemas";
import type { Deployment } from "./deployment.ts";
import { type Answer, postJson } from "./wire.ts";

const poprf: Poprf = await createLibsodiumPoprf();

/** Where and for whom tokens are asked for. */
export interface Asking {
  readonly account?: string;
  readonly instance?: 0 | 1;
  /** Of another instance than the deployment's two. */
  readonly url?: string;
  readonly useCase?: string;
  readonly epochsAhead?: number;
  /** Instead of the account's own. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IssueBody {
  readonly keyVersion: number;
  readonly epoch: number;
  readonly blinded: readonly string[];
}

export async function keysOf(deployment: Deployment, useCase = "messaging"): Promise<KeyDocument> {
  const response = await fetch(deployment.acs[0].url + ROUTES.keys(useCase));
  if (response.status !== 200) throw new Error(`the keys: ${response.status} ${await response.text()}`);
  return (await response.json()) as KeyDocument;
}

/** An honest request for `count` tokens, to be sent as it is or spoilt first. */
export async function prepareRequest(deployment: Deployment, count: number, asking: Asking = {}) {
  const keys = await keysOf(deployment, asking.useCase);
  const epoch = epochAt(deployment.nowSeconds(), keys.epochSeconds) + (asking.epochsAhead ?? 0);
  const [key] = keys.keys;
  if (key === undefined) throw new Error("no key is published");
  const { environment, useCase, epochSeconds } = keys;
  const made = createCredentialRequest({
    poprf,
    info: { environment, useCase, keyVersion: key.keyVersion, epochSeconds, epoch },
    publicKey: element(fromBase64Url(key.publicKey) ?? new Uint8Array()),
    count,
  });
  const body: IssueBody = { ...made.request, blinded: made.request.blinded.map(toBase64Url) };
  return { context: made.context, body };
}

export async function askForTokens(
  deployment: Deployment,
  body: unknown,
  asking: Asking = {},
): Promise<Answer> {
  const { account = "alice", instance = 0, useCase = "messaging", url } = asking;
  const headers = asking.headers ?? {
    authorization: `Bearer ${await deployment.identityProvider.accountToken(account)}`,
  };
  return postJson((url ?? deployment.acs[instance].url) + ROUTES.issueTokens(useCase), body, headers);
}

/** Fetches tokens as an honest client does, and checks the proof. Throws if they are refused. */
export async function fetchCredentials(
  deployment: Deployment,
  count: number,
  asking: Asking = {},
): Promise<Credential[]> {
  const { context, body } = await prepareRequest(deployment, count, asking);
  const answer = await askForTokens(deployment, body, asking);
  if (answer.status !== 200) throw new Error(`refused: ${answer.code}`);
  const { evaluated, proof: proofText } = JSON.parse(answer.text) as IssueResponse;
  const decoded = (text: string) => fromBase64Url(text) ?? new Uint8Array();
  return receiveCredentials({
    poprf,
    context,
    response: {
      evaluated: evaluated.map((each) => element(decoded(each))),
      proof: proof(decoded(proofText)),
    },
  });
}

/** One credential, of an account that nobody else uses unless it is named. */
export async function freshCredential(deployment: Deployment, asking: Asking = {}): Promise<Credential> {
  const [credential] = await fetchCredentials(deployment, 1, { account: crypto.randomUUID(), ...asking });
  if (credential === undefined) throw new Error("no credential came back");
  return credential;
}
