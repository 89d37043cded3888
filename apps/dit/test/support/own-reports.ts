import {
  type Credential,
  createCredentialRequest,
  element,
  fromBase64Url,
  type Poprf,
  proof,
  type RandomBytes,
  receiveCredentials,
  reportMac,
  toBase64Url,
  transcriptDigest,
  webCryptoRandomBytes,
} from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, ROUTES } from "@dit/protocol";
import type { IssueResponse, KeyDocument } from "@dit/protocol/schemas";

export interface Issuer {
  readonly acsUrl: string;
  readonly environment: string;
  readonly useCase: string;
  readonly poprf: Poprf;
  readonly nowSeconds: number;
}

/** Genuine credentials, fetched without the SDK, for the current epoch. `headers` say for which account. */
export async function fetchCredentials(
  { acsUrl, environment, useCase, poprf, nowSeconds }: Issuer,
  count: number,
  headers: Readonly<Record<string, string>>,
  randomBytes: RandomBytes = webCryptoRandomBytes,
): Promise<Credential[]> {
  const document = (await (await fetch(acsUrl + ROUTES.keys(useCase))).json()) as KeyDocument;
  const { epochSeconds } = document;
  const key = document.keys.find(
    ({ notBefore, notAfter }) => notBefore <= nowSeconds && nowSeconds < notAfter,
  );
  if (key === undefined) throw new Error("no key issues now");
  const { keyVersion } = key;
  const epoch = Math.floor(nowSeconds / epochSeconds);
  const { context, request } = createCredentialRequest({
    poprf,
    info: { environment, useCase, keyVersion, epochSeconds, epoch },
    publicKey: element(decoded(key.publicKey)),
    count,
    randomBytes,
  });
  const response = await fetch(acsUrl + ROUTES.issueTokens(useCase), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...request, blinded: request.blinded.map(toBase64Url) }),
  });
  if (!response.ok) throw new Error(`issuance answered ${response.status}`);
  const issued = (await response.json()) as IssueResponse;
  return receiveCredentials({
    poprf,
    context,
    response: {
      evaluated: issued.evaluated.map((text) => element(decoded(text))),
      proof: proof(decoded(issued.proof)),
    },
  });
}

/** The headers of a report, MAC and all. */
export function reportHeaders(
  { environment, useCase }: Pick<Issuer, "environment" | "useCase">,
  credential: Credential,
  body: Uint8Array,
  contentEncoding: "" | "gzip" = "",
): Record<string, string> {
  const contentType = "application/json";
  const digest = transcriptDigest({
    environment,
    useCase,
    ...credential,
    contentType,
    contentEncoding,
    body,
  });
  return {
    "content-type": contentType,
    ...(contentEncoding === "" ? {} : { "content-encoding": contentEncoding }),
    [CREDENTIAL_HEADER]: formatCredentialHeader({
      ...credential,
      mac: reportMac(credential.macKey, digest),
    }),
  };
}

function decoded(text: string): Uint8Array {
  return fromBase64Url(text) ?? new Uint8Array();
}
