import { gunzipSync } from "node:zlib";
import {
  createNoblePoprf,
  credentialInfo,
  deriveMacKey,
  element,
  fromBase64Url,
  type KeyPair,
  type Poprf,
  reportIdOf,
  toBase64Url,
  toHex,
  transcriptDigest,
  verifyReportMac,
} from "@dit/crypto-core";
import { type ProblemCode, parseCredentialHeader, problemDocument, ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { ENVIRONMENT, START_MS } from "./use-case.ts";

export interface ReceivedReport {
  readonly atMs: number;
  readonly token: string;
  readonly epoch: number;
  readonly reportId: string;
  readonly body: Uint8Array;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly pseudonym: string;
  readonly events: readonly { name: string; at: number; fields: Record<string, unknown> }[];
  /** By the real evaluation of the token. */
  readonly isGenuine: boolean;
}

export interface Call {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** What a test lets the server answer instead; `undefined` falls through to the honest answer. */
export type Interceptor = (call: Call) => Response | Promise<Response> | undefined;

const EPOCH_SECONDS = 86_400;
export const ACS_URL = "https://acs.test";
export const EDGE_URL = "https://edge.test";

export function problem(code: ProblemCode, headers: Record<string, string> = {}): Response {
  const body = problemDocument(code);
  return Response.json(body, {
    status: body.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** An issuer and an edge with real cryptography, in the place of `fetch`. */
export function createServer(nowMs: () => number, poprf: Poprf = createNoblePoprf()) {
  const pairs = new Map<number, KeyPair>();
  const pairOf = (keyVersion: number): KeyPair => {
    const pair =
      pairs.get(keyVersion) ?? poprf.deriveKeyPair(new Uint8Array(32).fill(keyVersion), new Uint8Array());
    pairs.set(keyVersion, pair);
    return pair;
  };
  const key = (keyVersion: number, fromDay: number, toDay: number) => ({
    keyVersion,
    publicKey: toBase64Url(pairOf(keyVersion).publicKey),
    notBefore: START_MS / 1000 + fromDay * EPOCH_SECONDS,
    notAfter: START_MS / 1000 + toDay * EPOCH_SECONDS,
  });
  const server = {
    pairOf,
    key,
    document: {
      environment: ENVIRONMENT,
      useCase: "messaging",
      enabled: true,
      epochSeconds: EPOCH_SECONDS,
      graceSeconds: 3_600,
      usesPerToken: 4,
      tokensPerEpoch: 32,
      blockedFields: {},
      keys: [key(1, -10, 30), key(2, 30, 400)],
    } as KeyDocument,
    intercept: (() => undefined) as Interceptor,
    calls: [] as Call[],
    reports: [] as ReceivedReport[],
    fetch,
    callsTo: (route: string) => server.calls.filter(({ path }) => path.endsWith(route)),
  };
  return server;

  async function fetch(url: string, init: RequestInit): Promise<Response> {
    const request = new Request(url, init);
    const call = {
      atMs: nowMs(),
      method: request.method,
      path: new URL(url).pathname,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    };
    server.calls.push(call);
    if (call.path === ROUTES.reports("messaging")) server.reports.push(receive(call));
    return (await server.intercept(call)) ?? answer(call);
  }

  function answer(call: Call): Response {
    if (call.path === ROUTES.keys("messaging")) return keys(call);
    if (call.path === ROUTES.issueTokens("messaging")) return issue(call);
    if (call.path !== ROUTES.reports("messaging")) return problem("not_found");
    return server.reports.at(-1)?.isGenuine
      ? new Response(null, { status: 202 })
      : problem("credential_invalid");
  }

  function keys(call: Call): Response {
    const text = JSON.stringify(server.document);
    const etag = `"${text.length}-${server.document.enabled}"`;
    if (call.headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
    return new Response(text, { headers: { etag } });
  }

  function issue(call: Call): Response {
    const { keyVersion, epoch, blinded } = JSON.parse(new TextDecoder().decode(call.body));
    return evaluate(keyVersion, epoch, blinded);
  }

  function evaluate(keyVersion: number, epoch: number, blinded: string[]): Response {
    const elements = blinded.map((text) => element(fromBase64Url(text) ?? new Uint8Array()));
    const made = poprf.blindEvaluateBatch(pairOf(keyVersion).secretKey, elements, infoOf(keyVersion, epoch));
    return Response.json({ evaluated: made.evaluated.map(toBase64Url), proof: toBase64Url(made.proof) });
  }

  function infoOf(keyVersion: number, epoch: number): Uint8Array {
    return credentialInfo({
      environment: ENVIRONMENT,
      useCase: "messaging",
      keyVersion,
      epochSeconds: EPOCH_SECONDS,
      epoch,
    });
  }

  function receive({ atMs, body, headers }: Call): ReceivedReport {
    const credential = parseCredentialHeader(headers.get("dit-credential") ?? "");
    if (credential === undefined) throw new Error("no credential");
    const { keyVersion, epoch, token, mac } = credential;
    const contentEncoding = headers.get("content-encoding") ?? "";
    const digest = transcriptDigest({
      environment: ENVIRONMENT,
      useCase: "messaging",
      keyVersion,
      epoch,
      token,
      contentType: headers.get("content-type") ?? "",
      contentEncoding,
      body,
    });
    const output = poprf.evaluate(pairOf(keyVersion).secretKey, token, infoOf(keyVersion, epoch));
    const text = new TextDecoder().decode(contentEncoding === "gzip" ? gunzipSync(body) : body);
    return {
      atMs,
      token: toBase64Url(token),
      epoch,
      reportId: toHex(reportIdOf(token, mac)),
      body,
      headers: Object.fromEntries(headers),
      text,
      ...JSON.parse(text),
      isGenuine: verifyReportMac(deriveMacKey(output), digest, mac),
    };
  }
}
