import { credentialInfo, element, fromBase64Url, type Poprf, toBase64Url } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, parseCredentialHeader, ROUTES } from "@dit/protocol";
import type { KeyDocument, UseCaseInput } from "@dit/protocol/schemas";
import type { Transcript } from "./transcript.ts";

const ENVIRONMENT = "test";
const KEY_VERSION = 1;

interface RecordingServerOptions {
  readonly poprf: Poprf;
  readonly nowMs: () => number;
  readonly useCase: UseCaseInput;
}

/** Issuer and edge of one operator who writes down all that both of them see. Tokens are really evaluated; every report is accepted. */
export function createRecordingServer({ poprf, nowMs, useCase: document }: RecordingServerOptions) {
  const {
    useCase,
    usesPerToken = 64,
    epoch: { seconds: epochSeconds = 86_400, graceSeconds = 3_600 } = {},
  } = document;
  const transcript: Transcript = { issuances: [], redemptions: [], ownerOf: new Map() };
  const { secretKey, publicKey } = poprf.deriveKeyPair(new Uint8Array(32).fill(7), new Uint8Array());
  const keys: KeyDocument = {
    environment: ENVIRONMENT,
    useCase,
    enabled: true,
    epochSeconds,
    graceSeconds,
    usesPerToken,
    tokensPerEpoch: document.issuance.tokensPerEpoch,
    blockedFields: {},
    keys: [{ keyVersion: KEY_VERSION, publicKey: toBase64Url(publicKey), notBefore: 0, notAfter: 4e9 }],
  };
  return {
    environment: ENVIRONMENT,
    document: keys,
    transcript,
    async fetch(account: number, url: string, { body, headers }: RequestInit): Promise<Response> {
      const { pathname } = new URL(url);
      if (pathname === ROUTES.keys(useCase)) return Response.json(keys);
      if (pathname === ROUTES.issueTokens(useCase)) return new Response(issue(account, String(body)));
      if (!(body instanceof Uint8Array)) throw new Error("a report without a body");
      record(account, body, new Headers(headers));
      return new Response(null, { status: 202 });
    },
  };

  function issue(account: number, request: string): string {
    const { keyVersion, epoch, blinded }: { keyVersion: number; epoch: number; blinded: string[] } =
      JSON.parse(request);
    const info = credentialInfo({ environment: ENVIRONMENT, useCase, keyVersion, epochSeconds, epoch });
    const elements = blinded.map((text) => element(fromBase64Url(text) ?? new Uint8Array()));
    const { evaluated, proof } = poprf.blindEvaluateBatch(secretKey, elements, info);
    const response = JSON.stringify({ evaluated: evaluated.map(toBase64Url), proof: toBase64Url(proof) });
    transcript.issuances.push({
      atMs: nowMs(),
      account,
      keyVersion,
      epoch,
      count: blinded.length,
      requestBytes: request.length,
      responseBytes: response.length,
    });
    return response;
  }

  function record(account: number, body: Uint8Array, headers: Headers): void {
    const credential = parseCredentialHeader(headers.get(CREDENTIAL_HEADER) ?? "");
    if (credential === undefined) throw new Error("a report without a credential");
    const { keyVersion, epoch } = credential;
    const token = toBase64Url(credential.token);
    transcript.ownerOf.set(token, account);
    transcript.redemptions.push({ atMs: nowMs(), token, keyVersion, epoch, bodyBytes: body.length });
  }
}
