import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { epochAt, toBase64Url } from "@dit/crypto-core";
import { createManualClock } from "@dit/service-kit";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchKeys, postTokens, prepare } from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const NOW_SECONDS = 1_771_200_000;
const ISSUER = "https://login.example";
const AUDIENCE = "telemetry";

const clock = createManualClock(NOW_SECONDS * 1_000);
let provider: Server;
let jwksUrl: string;
let requestsForKeys = 0;
let isProviderUp = true;
let stores: TestStores;
let acs: TestInstance;
const keyPairs: Record<string, Awaited<ReturnType<typeof generateKeyPair>>> = {};

beforeAll(async () => {
  for (const alg of ["ES256", "EdDSA", "RS256", "ES384"]) keyPairs[alg] = await generateKeyPair(alg);
  keyPairs.foreign = await generateKeyPair("ES256");
  const published = await Promise.all(
    ["ES256", "EdDSA", "RS256", "ES384"].map(async (alg) => {
      return { ...(await exportJWK(pair(alg).publicKey)), kid: alg, alg, use: "sig" };
    }),
  );
  provider = createServer((_, response) => {
    requestsForKeys += 1;
    response.statusCode = isProviderUp ? 200 : 500;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  jwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks.json`;
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock, { config: { production: true } });
  await putUseCase(acs, jwtUseCase());
});
afterAll(async () => {
  await stores.close();
  provider.close();
});

function pair(name: string) {
  const found = keyPairs[name];
  if (found === undefined) throw new Error("no such key pair");
  return found;
}

function jwtUseCase(useCase = "messaging") {
  const issuance = {
    authenticator: "jwt",
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUrl,
    tokensPerEpoch: 3,
  } as const;
  return useCaseDocument({ useCase, issuance });
}

interface Claims {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly subject?: string | undefined;
  readonly expiresAt?: number | undefined;
  readonly notBefore?: number;
}

async function jwt(claims: Claims = {}): Promise<string> {
  const { alg = "ES256", kid = alg, key = alg, issuer = ISSUER, audience = AUDIENCE } = claims;
  const token = new SignJWT({}).setProtectedHeader({ alg, kid }).setIssuer(issuer).setAudience(audience);
  const subject = "subject" in claims ? claims.subject : "alice";
  const expiresAt = "expiresAt" in claims ? claims.expiresAt : NOW_SECONDS + 300;
  if (subject !== undefined) token.setSubject(subject);
  if (expiresAt !== undefined) token.setExpirationTime(expiresAt);
  if (claims.notBefore !== undefined) token.setNotBefore(claims.notBefore);
  return token.sign(pair(key).privateKey);
}

async function ask(token: string, instance = acs, useCase = "messaging") {
  const keys = await fetchKeys(instance, useCase);
  const { request } = prepare(keys, epochAt(NOW_SECONDS, keys.epochSeconds), 1);
  const body = { ...request, blinded: request.blinded.map(toBase64Url) };
  return postTokens(instance, body, { authorization: `Bearer ${token}` }, useCase);
}

describe("an account by JWT", () => {
  it.each(["ES256", "EdDSA", "RS256"])("is let in when its provider signed with %s", async (alg) => {
    expect((await ask(await jwt({ alg, subject: `by ${alg}` }))).status).toBe(200);
  });

  it("is metered by its subject, and the keys are fetched once", async () => {
    const before = requestsForKeys;
    for (let n = 0; n < 3; n++) expect((await ask(await jwt({ subject: "carol" }))).status).toBe(200);
    expect((await ask(await jwt({ subject: "carol", expiresAt: NOW_SECONDS + 99 }))).code).toBe(
      "quota_exhausted",
    );
    expect((await ask(await jwt({ subject: "dave" }))).status).toBe(200);
    expect(requestsForKeys).toBe(before);
  });

  it.each<[string, Claims]>([
    ["expired", { expiresAt: NOW_SECONDS - 31 }],
    ["that never expires", { expiresAt: undefined }],
    ["not valid yet", { notBefore: NOW_SECONDS + 60 }],
    ["signed by a foreign key", { key: "foreign" }],
    ["of an unknown key", { kid: "unknown" }],
    ["of another issuer", { issuer: "https://login.evil" }],
    ["for another audience", { audience: "somebody-else" }],
    ["without a subject", { subject: undefined }],
    ["with an empty subject", { subject: "" }],
    ["with a subject that is too long", { subject: "a".repeat(257) }],
    ["in an algorithm that is not on the list", { alg: "ES384" }],
  ])("is refused with a token %s", async (_, claims) => {
    const token = await jwt(claims);
    const answer = await ask(token);
    expect([answer.status, answer.code]).toEqual([401, "unauthenticated"]);
    expect(answer.text + acs.logLines.join("")).not.toContain(token.slice(-20));
  });

  it("is refused with an unsigned token, one whose claims were changed, and rubbish", async () => {
    const part = (value: object) => toBase64Url(new TextEncoder().encode(JSON.stringify(value)));
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: "alice", exp: NOW_SECONDS + 300 };
    const [header = "", , signature = ""] = (await jwt()).split(".");
    const forged = [
      `${part({ alg: "none" })}.${part(claims)}.`,
      `${header}.${part({ ...claims, sub: "mallory" })}.${signature}`,
      "rubbish",
      "a.b.c",
      `${header}.${"a".repeat(9_000)}.${signature}`,
    ];
    for (const token of forged) expect((await ask(token)).code).toBe("unauthenticated");
  });

  it("is refused when a public key is used as a shared secret", async () => {
    const { n = "" } = await exportJWK(pair("RS256").publicKey);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256", kid: "RS256" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject("alice")
      .setExpirationTime(NOW_SECONDS + 300)
      .sign(new TextEncoder().encode(n));
    expect((await ask(token)).code).toBe("unauthenticated");
  });

  it("is told to come back when the provider's keys cannot be had", async () => {
    const fresh = await createInstance(stores, clock);
    isProviderUp = false;
    const answer = await ask(await jwt(), fresh);
    isProviderUp = true;
    expect([answer.status, answer.code]).toEqual([503, "dependency_unavailable"]);
    expect(fresh.logLines.join("")).toContain('"dependency":"jwks"');
    expect((await ask(await jwt({ subject: "erin" }), fresh)).status).toBe(200);
  });
});

describe("keys over plain HTTP", () => {
  const far = {
    ...jwtUseCase("far_keys").issuance,
    authenticator: "jwt",
    issuer: ISSUER,
    audience: AUDIENCE,
  } as const;
  const document = useCaseDocument({
    useCase: "far_keys",
    issuance: { ...far, jwksUrl: "http://login.example/keys" },
  });

  it("are refused in production unless they come from this machine", async () => {
    const answer = await putUseCase(acs, document);
    expect([answer.status, answer.code]).toEqual([422, "use_case_invalid"]);
    expect(answer.text).toContain("issuance.jwksUrl");
  });

  it("are not fetched in production either, if a document slipped in", async () => {
    const development = await createInstance(stores, clock);
    expect((await putUseCase(development, document)).status).toBe(201);
    const production = await createInstance(stores, clock, {
      config: { production: true },
      context: { jwksFetch: () => expect.unreachable("fetched") },
    });
    expect((await ask(await jwt(), production, "far_keys")).code).toBe("use_case_unavailable");
  });
});
