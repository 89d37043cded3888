import { gzipSync } from "node:zlib";
import {
  type Credential,
  type Mac,
  type ReportTranscript,
  reportIdOf,
  reportMac,
  toBase64Url,
  toHex,
  transcriptDigest,
} from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, ROUTES } from "@dit/protocol";
import type { RedeemResponse, RedeemResult } from "@dit/protocol/schemas";
import type { Deployment } from "./deployment.ts";
import { SERVICE_SECRET } from "./watched-acs.ts";
import { type Answer, post, postJson } from "./wire.ts";

export interface SignedReport {
  readonly useCase: string;
  readonly credential: Credential;
  readonly mac: Mac;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Hex, as the warehouse has it. */
  readonly reportId: string;
}

const PSEUDONYM = "AAECAwQFBgcICQoLDA0ODw";
const CONTENT_TYPE = "application/json";

/** The body of a report with one event; its number makes it differ from others. */
export function reportBody(deployment: Deployment, number = 0, fields: Record<string, unknown> = {}): string {
  const at = Math.floor(deployment.nowSeconds() / 60) * 60;
  const events = [{ name: "delivered", at, fields: { number, ...fields } }];
  return JSON.stringify({ pseudonym: PSEUDONYM, events });
}

/** A report as the SDK would send it. `signed` replaces parts of what the MAC is made over. */
export function signReport(
  deployment: Pick<Deployment, "environment">,
  credential: Credential,
  text: string | Uint8Array,
  options: {
    readonly useCase?: string;
    readonly gzip?: boolean;
    readonly signed?: Partial<ReportTranscript>;
  } = {},
): SignedReport {
  const { useCase = "messaging", gzip = false, signed } = options;
  const plain = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const body = gzip ? new Uint8Array(gzipSync(plain)) : plain;
  const transcript = {
    environment: deployment.environment,
    useCase,
    ...credential,
    contentType: CONTENT_TYPE,
    contentEncoding: gzip ? "gzip" : "",
    body,
    ...signed,
  };
  const mac = reportMac(credential.macKey, transcriptDigest(transcript));
  return {
    useCase,
    credential,
    mac,
    body,
    reportId: toHex(reportIdOf(credential.token, mac)),
    headers: {
      "content-type": CONTENT_TYPE,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
      [CREDENTIAL_HEADER]: formatCredentialHeader({ ...credential, mac }),
    },
  };
}

/** Through an edge. */
export function send(deployment: Deployment, report: SignedReport, edge: 0 | 1 = 0): Promise<Answer> {
  return post(deployment.edgeUrls[edge] + ROUTES.reports(report.useCase), report.body, report.headers);
}

/** What a token's counter says: asks ACS, as ingest would, about one more report, which uses it once. */
export async function useOnce(
  deployment: Deployment,
  credential: Credential,
  text: string,
): Promise<RedeemResult | undefined> {
  const item = redeemItem(deployment, credential, text);
  const [result] = await redeem(deployment.acs[0].url, [item]);
  return result;
}

export function redeemItem(
  { environment }: Pick<Deployment, "environment">,
  credential: Credential,
  text: string,
  useCase = "messaging",
) {
  const { keyVersion, epoch, token, macKey } = credential;
  const digest = transcriptDigest({
    ...{ environment, useCase, keyVersion, epoch, token },
    contentType: CONTENT_TYPE,
    contentEncoding: "",
    body: new TextEncoder().encode(text),
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

export async function redeem(acsUrl: string, items: readonly unknown[]): Promise<readonly RedeemResult[]> {
  const headers = { authorization: `Bearer ${SERVICE_SECRET}` };
  const answer = await postJson(acsUrl + ROUTES.redeem, { items }, headers);
  if (answer.status !== 200) throw new Error(`redeeming answered ${answer.status} ${answer.code}`);
  return (JSON.parse(answer.text) as RedeemResponse).results;
}
