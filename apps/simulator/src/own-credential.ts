import {
  type Credential,
  createCredentialRequest,
  element,
  fromBase64Url,
  proof,
  receiveCredentials,
  toBase64Url,
} from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { IssueResponse, KeyDocument } from "@dit/protocol/schemas";
import { fetchAccessToken } from "./access-token.ts";
import type { SimulationWorld } from "./setting.ts";
import { simulatedUseCase } from "./use-case.ts";

/** A genuine credential, fetched without the SDK: a hostile client is a genuine one that breaks the rules afterwards. */
export async function fetchOwnCredential(world: SimulationWorld, account: string): Promise<Credential> {
  const { useCase } = simulatedUseCase;
  const keys = (await (await fetch(world.acsUrl + ROUTES.keys(useCase))).json()) as KeyDocument;
  const nowSeconds = Date.now() / 1000;
  const key = keys.keys.find(({ notBefore, notAfter }) => notBefore <= nowSeconds && nowSeconds < notAfter);
  if (key === undefined) throw new Error("no key issues now");
  const info = {
    environment: world.environment,
    useCase,
    keyVersion: key.keyVersion,
    epochSeconds: keys.epochSeconds,
    epoch: Math.floor(nowSeconds / keys.epochSeconds),
  };
  const { context, request } = createCredentialRequest({
    poprf: world.poprf,
    info,
    publicKey: element(decode(key.publicKey)),
    count: 1,
  });
  const response = await fetch(world.acsUrl + ROUTES.issueTokens(useCase), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${await fetchAccessToken(world.identityProviderUrl, account)}`,
    },
    body: JSON.stringify({ ...request, blinded: request.blinded.map(toBase64Url) }),
  });
  if (!response.ok) throw new Error(`issuance answered ${response.status}`);
  const issued = (await response.json()) as IssueResponse;
  const [credential] = receiveCredentials({
    poprf: world.poprf,
    context,
    response: {
      evaluated: issued.evaluated.map((text) => element(decode(text))),
      proof: proof(decode(issued.proof)),
    },
  });
  if (credential === undefined) throw new Error("no credential came back");
  return credential;
}

function decode(text: string): Uint8Array {
  return fromBase64Url(text) ?? new Uint8Array();
}
