import { gzipSync } from "node:zlib";
import {
  type Credential,
  createCredentialRequest,
  credentialInfo,
  type KeyPair,
  type Poprf,
  receiveCredentials,
  reportMac,
  transcriptDigest,
} from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, ROUTES } from "@dit/protocol";
import { useCaseSchema } from "@dit/protocol/schemas";

export const ENVIRONMENT = "test";
const USE_CASE = "app_usage";
export const PSEUDONYM = "AAECAwQFBgcICQoLDA0ODw";

export const useCase = useCaseSchema.parse({
  useCase: USE_CASE,
  owner: "tests",
  purpose: "to be ingested",
  issuance: {
    authenticator: "jwt",
    issuer: "i",
    audience: "a",
    jwksUrl: "http://127.0.0.1/jwks",
    tokensPerEpoch: 10,
  },
  usesPerToken: 3,
  timeGranularitySeconds: 60,
  events: {
    screen_view: {
      fields: {
        screen: { type: "enum", values: ["home", "settings"] },
        duration_ms: { type: "integer", min: 0, max: 60_000 },
        is_cold: { type: "boolean" },
        score: { type: "float" },
        locale: { type: "string", maxLength: 5 },
      },
    },
    crash: { fields: {} },
  },
});

/** One credential, by the real exchange of client and issuer. */
export function issueCredential(
  poprf: Poprf,
  keys: KeyPair,
  where: Partial<{ environment: string; useCase: string; epoch: number }> = {},
): Credential {
  const info = {
    environment: ENVIRONMENT,
    useCase: USE_CASE,
    keyVersion: 1,
    epoch: 0,
    epochSeconds: useCase.epoch.seconds,
    ...where,
  };
  const { context, request } = createCredentialRequest({ poprf, info, publicKey: keys.publicKey, count: 1 });
  const response = poprf.blindEvaluateBatch(keys.secretKey, request.blinded, credentialInfo(info));
  const [credential] = receiveCredentials({ poprf, context, response });
  if (credential === undefined) throw new Error("no credential");
  return credential;
}

export interface SignedReport {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A report as a client sends it. `signed` replaces what the MAC is made over, to play somebody who changes a part of it. */
export function signReport(options: {
  readonly credential: Credential;
  readonly body: unknown;
  readonly gzip?: boolean;
  readonly useCase?: string;
  readonly signed?: Partial<Parameters<typeof transcriptDigest>[0]>;
}): SignedReport {
  const { credential, gzip = false, useCase: useCaseId = USE_CASE } = options;
  const plain = options.body instanceof Uint8Array ? options.body : Buffer.from(JSON.stringify(options.body));
  const body = Uint8Array.from(gzip ? gzipSync(plain) : plain);
  const contentEncoding = gzip ? "gzip" : "";
  const { keyVersion, epoch, token, macKey } = credential;
  const contentType = "application/json";
  const transcript = {
    environment: ENVIRONMENT,
    useCase: useCaseId,
    keyVersion,
    epoch,
    token,
    contentType,
    contentEncoding,
    body,
  };
  const mac = reportMac(macKey, transcriptDigest({ ...transcript, ...options.signed }));
  return {
    path: ROUTES.reports(useCaseId),
    headers: {
      "content-type": contentType,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
      [CREDENTIAL_HEADER]: formatCredentialHeader({ keyVersion, epoch, token, mac }),
    },
    body,
  };
}

export function screenView(at: number, fields: Record<string, unknown> = { screen: "home" }) {
  return { name: "screen_view", at, fields };
}
