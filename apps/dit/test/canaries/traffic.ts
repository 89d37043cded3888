import { gunzipSync, gzipSync } from "node:zlib";
import { createClient, createMemoryStore } from "@dit/client";
import {
  createNoblePoprf,
  fromBase64Url,
  mac,
  toBase64Url,
  utf8,
  webCryptoRandomBytes,
} from "@dit/crypto-core";
import { CREDENTIAL_HEADER, formatCredentialHeader, parseCredentialHeader, ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { fetchAccessToken } from "@dit/simulator";
import type { Pipeline } from "../../src/pipeline/pipeline.ts";
import { type Device, revealingHeaders, type Sent, sendFrom } from "../support/device.ts";
import { fetchCredentials, reportHeaders } from "../support/own-reports.ts";
import { canaryUseCase } from "./use-case.ts";

/** What clients made up themselves, as far as they showed it. */
export interface ClientSecrets {
  readonly pseudonyms: string[];
  readonly credentials: string[];
  readonly macKeys: Uint8Array[];
  /** Issued by the identity provider, for ACS alone. */
  readonly accessTokens: string[];
}

export interface Traffic extends ClientSecrets {
  /** Everything that a client was answered by edge or ACS. */
  readonly answers: Sent[];
}

export function noTraffic(): Traffic {
  return { pseudonyms: [], credentials: [], macKeys: [], accessTokens: [], answers: [] };
}

const REPORTS = ROUTES.reports(canaryUseCase.useCase);
const TOKENS = ROUTES.issueTokens(canaryUseCase.useCase);

/** The SDK on a device whose HTTP stack and proxies tell all they know. */
export async function useSdk(pipeline: Pipeline, device: Device, traffic: Traffic): Promise<void> {
  const { acsUrl, edgeUrl } = pipeline.addresses;
  const { keys } = (await (await fetch(acsUrl + ROUTES.keys(canaryUseCase.useCase))).json()) as KeyDocument;
  const store = createMemoryStore();
  const client = createClient({
    useCase: canaryUseCase,
    environment: pipeline.environment,
    acsUrl,
    edgeUrl,
    pinnedKeys: keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey })),
    account: () => accessToken(pipeline, device, traffic),
    consent: true,
    platform: { fetch: fetchFrom(device, traffic), store },
    timing: { minTokenAgeMs: 0 },
    limits: { walletTargetTokens: 2, walletLowWaterTokens: 1 },
  });
  for (const screen of ["home", "chat"] as const) {
    client.log("opened", { screen, version: "1.2.3", duration_ms: 120 });
    client.log("closed", { clean: true });
    await client.flush();
  }
  await client.close();
  for (const [, macKey = ""] of ((await store.load()) ?? "").matchAll(/"macKey":"([\w-]+)"/g))
    traffic.macKeys.push(fromBase64Url(macKey) ?? new Uint8Array());
  if (Object.values(client.losses()).some((count) => count > 0)) throw new Error("the SDK lost events");
}

function fetchFrom(device: Device, traffic: Traffic): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const headers = { ...revealingHeaders(device), ...(init.headers as Record<string, string> | undefined) };
    const body = init.body as Uint8Array | string | undefined;
    const credential = headers[CREDENTIAL_HEADER];
    if (credential !== undefined) {
      traffic.credentials.push(credential);
      traffic.pseudonyms.push(pseudonymIn(body as Uint8Array, headers["content-encoding"]));
    }
    const sent = await sendFrom(device, url, {
      method: init.method ?? "GET",
      headers,
      ...(body == null ? {} : { body }),
    });
    traffic.answers.push(sent);
    const answer = sent.headers.split("\n");
    const pairs = answer.flatMap((name, index) => (index % 2 === 0 ? [[name, answer[index + 1] ?? ""]] : []));
    return new Response(sent.body === "" ? null : sent.body, {
      status: sent.status,
      headers: pairs as [string, string][],
    });
  };
}

function pseudonymIn(body: Uint8Array, encoding: string | undefined): string {
  const json = encoding === "gzip" ? gunzipSync(body) : Buffer.from(body);
  return (JSON.parse(json.toString()) as { pseudonym: string }).pseudonym;
}

/** What a report says where nothing is declared for it. */
export type Said = Pick<Device, "account" | "deviceId" | "claimedAddress" | "userAgent">;

/** A genuine client without the SDK, which says who it is wherever a request has room for it, and `said` within its reports. */
export async function sayEverything(
  pipeline: Pipeline,
  device: Device,
  said: Said,
  traffic: Traffic,
): Promise<void> {
  const { acsUrl, edgeUrl } = pipeline.addresses;
  const jwt = await accessToken(pipeline, device, traffic);
  const issuer = {
    acsUrl,
    environment: pipeline.environment,
    useCase: canaryUseCase.useCase,
    poprf: createNoblePoprf(),
    nowSeconds: Date.now() / 1000,
  };
  const [credential] = await fetchCredentials(issuer, 1, { authorization: `Bearer ${jwt}` });
  if (credential === undefined) throw new Error("no credential");
  traffic.macKeys.push(credential.macKey);
  const pseudonym = toBase64Url(webCryptoRandomBytes(16));
  traffic.pseudonyms.push(pseudonym);
  const revealing = { ...revealingHeaders(device), authorization: `Bearer ${jwt}` };
  const post = async (url: string, headers: Record<string, string>, body: Uint8Array | string) => {
    if (headers[CREDENTIAL_HEADER] !== undefined) traffic.credentials.push(headers[CREDENTIAL_HEADER]);
    traffic.answers.push(
      await sendFrom(device, url, { method: "POST", headers: { ...revealing, ...headers }, body }),
    );
  };
  const report = async (json: string, encoding: "" | "gzip" = "") => {
    const body = encoding === "gzip" ? gzipSync(json) : utf8(json);
    await post(edgeUrl + REPORTS, reportHeaders(issuer, credential, body, encoding), body);
  };

  const { account, deviceId, claimedAddress, userAgent } = said;
  const at = Math.floor(Date.now() / 60_000) * 60;
  const event = (fields: object, name = "opened") => ({ name, at, fields });
  const reportOf = (...events: object[]) => JSON.stringify({ pseudonym, events });
  const good = reportOf(event({ screen: "home", device: deviceId, [account]: claimedAddress }));
  await report(good);
  await report(good);
  await report(reportOf(event({ version: "1.2.3" }), event({ account }, deviceId)), "gzip");
  // Refused, each for another reason: the answers must not repeat what they refuse.
  await report(reportOf(event({ version: account })));
  await report(reportOf(event({ screen: deviceId })));
  await report(JSON.stringify({ pseudonym, events: [event({})], account, [deviceId]: userAgent }));
  await report(`{"pseudonym":"${pseudonym}","events":[${userAgent}`);
  await report(JSON.stringify({ pseudonym: account, events: [event({})] }));
  await misuseEdge({
    device,
    said,
    edgeUrl,
    headers: reportHeaders(issuer, credential, utf8(good)),
    good,
    post,
  });
  await misuseAcs({ device, acsUrl, jwt, post });
}

type Post = (url: string, headers: Record<string, string>, body: Uint8Array | string) => Promise<void>;

async function misuseEdge(o: {
  readonly device: Device;
  readonly said: Said;
  readonly edgeUrl: string;
  readonly headers: Record<string, string>;
  readonly good: string;
  readonly post: Post;
}): Promise<void> {
  const { edgeUrl, headers, good, post } = o;
  const { account, deviceId, claimedAddress, address, cookie } = o.device;
  await post(edgeUrl + REPORTS, withOtherMac(headers), good);
  await post(edgeUrl + REPORTS, { ...headers, [CREDENTIAL_HEADER]: `v1.1.1.${account}.${cookie}` }, good);
  await post(edgeUrl + REPORTS, { ...headers, "content-type": `application/json; ${deviceId}` }, good);
  await post(edgeUrl + REPORTS, { ...headers, "content-encoding": claimedAddress }, good);
  await post(`${edgeUrl}${REPORTS}?account=${encodeURIComponent(account)}&ip=${address}`, headers, good);
  // A use case that might be: the edge does not know which there are.
  await post(edgeUrl + ROUTES.reports(o.said.deviceId), headers, good);
  await post(`${edgeUrl}/${encodeURIComponent(account)}/${address}`, headers, good);
  // Headers larger than the edge takes.
  await post(edgeUrl + REPORTS, { ...headers, cookie: `sid=${cookie}; `.repeat(400) }, good);
}

async function misuseAcs(o: {
  readonly device: Device;
  readonly acsUrl: string;
  readonly jwt: string;
  readonly post: Post;
}): Promise<void> {
  const { acsUrl, jwt, post } = o;
  const { account, deviceId } = o.device;
  const json = { "content-type": "application/json" };
  await post(acsUrl + TOKENS, json, JSON.stringify({ keyVersion: 1, epoch: 1, blinded: [account] }));
  await post(acsUrl + TOKENS, json, JSON.stringify({ account, [deviceId]: account }));
  await post(acsUrl + TOKENS, { ...json, authorization: `Bearer ${jwt}x` }, "{");
  await post(acsUrl + ROUTES.issueTokens(deviceId), json, "{}");
  await post(`${acsUrl}/v1/accounts/${encodeURIComponent(account)}`, json, "{}");
  await post(
    acsUrl + ROUTES.redeem,
    { ...json, authorization: `Bearer ${account}` },
    `{"items":["${account}"]}`,
  );
}

function withOtherMac(headers: Record<string, string>): Record<string, string> {
  const parsed = parseCredentialHeader(headers[CREDENTIAL_HEADER] ?? "");
  if (parsed === undefined) throw new Error("no credential");
  const other = formatCredentialHeader({ ...parsed, mac: mac(webCryptoRandomBytes(32)) });
  return { ...headers, [CREDENTIAL_HEADER]: other };
}

async function accessToken(pipeline: Pipeline, device: Device, traffic: Traffic): Promise<string> {
  const token = await fetchAccessToken(pipeline.addresses.identityProviderUrl, device.account);
  traffic.accessTokens.push(token);
  return token;
}
