import { connect } from "node:net";
import { toBase64Url } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import { listen } from "@dit/service-kit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Asking, askForTokens, type IssueBody, prepareRequest } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import type { TokenClaims } from "./support/identity-provider.ts";
import { DAY_SECONDS, QUOTA } from "./support/use-cases.ts";
import { CHAT_SECRET, PARTNER_SECRET } from "./support/watched-acs.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment.stop());

const evaluations = () => deployment.acs.reduce((sum, { work }) => sum + work.issueEvaluations, 0);
const someone = () => ({ account: crypto.randomUUID() });

/** How many tokens the account can still get, over both instances, found by taking them. */
async function remaining(account: string): Promise<number> {
  for (let taken = 0; ; taken++) {
    const instance = taken % 2 === 0 ? 0 : 1;
    const { body } = await prepareRequest(deployment, 1);
    const answer = await askForTokens(deployment, body, { account, instance });
    if (answer.code === "quota_exhausted") return taken;
    if (answer.status !== 200) throw new Error(`refused: ${answer.code}`);
  }
}

describe("a blinded element that is none", () => {
  const BAD: readonly (readonly [name: string, element: string])[] = [
    ["the identity", toBase64Url(new Uint8Array(32))],
    ["an encoding that is not canonical", toBase64Url(new Uint8Array(32).fill(0xff))],
    ["a negative field element", toBase64Url(Uint8Array.of(1, ...new Uint8Array(31)))],
    ["a point off the curve", toBase64Url(Uint8Array.of(...new Uint8Array(31), 0x40))],
    ["31 bytes", toBase64Url(new Uint8Array(31).fill(4))],
    ["33 bytes", toBase64Url(new Uint8Array(33).fill(4))],
    ["nothing", ""],
  ];
  it.each(BAD)("%s: 422 for the whole batch wherever it stands in it, no quota used", async (_, element) => {
    const { account } = someone();
    const { body } = await prepareRequest(deployment, 3);
    for (const [at, instance] of [
      [0, 0],
      [2, 1],
    ] as const) {
      const blinded = body.blinded.with(at, element);
      const answer = await askForTokens(deployment, { ...body, blinded }, { account, instance });
      expect([answer.status, answer.code]).toEqual([422, "blinded_element_invalid"]);
      expect(answer.text).not.toContain("evaluated");
    }
    expect(await remaining(account)).toBe(QUOTA);
  });
});

describe("more tokens than the quota", () => {
  it("in one batch: none", async () => {
    const { account } = someone();
    const { body } = await prepareRequest(deployment, QUOTA + 1);
    const answer = await askForTokens(deployment, body, { account });
    expect([answer.status, answer.code]).toEqual([429, "quota_exhausted"]);
    expect(await remaining(account)).toBe(QUOTA);
  });

  it("in many batches, one after the other over two instances: exactly the quota", async () => {
    const { account } = someone();
    let issued = 0;
    for (const [round, count] of [4, 4, 4, 1, 3, 1, 1].entries()) {
      const { body } = await prepareRequest(deployment, count);
      const answer = await askForTokens(deployment, body, { account, instance: round % 2 === 0 ? 0 : 1 });
      if (answer.status === 200) issued += count;
      else expect(answer.code).toBe("quota_exhausted");
    }
    expect(issued).toBe(QUOTA);
  });

  it("concurrently from two instances: exactly the quota", async () => {
    const { account } = someone();
    const requests = await Promise.all(Array.from({ length: 40 }, () => prepareRequest(deployment, 1)));
    const answers = await Promise.all(
      requests.map(({ body }, n) =>
        askForTokens(deployment, body, { account, instance: n % 2 === 0 ? 0 : 1 }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(QUOTA);
    expect(answers.filter(({ code }) => code === "quota_exhausted")).toHaveLength(40 - QUOTA);
  });
});

describe("who is not let in", () => {
  const CLAIMS: readonly (readonly [name: string, claims: TokenClaims])[] = [
    ["an expired token", { expiresInSeconds: -60 }],
    ["a forged token, under the provider's key id", { forged: true }],
    ["another issuer's token", { issuer: "https://elsewhere.test" }],
    ["a token for another audience", { audience: "another-app" }],
  ];
  it.each(CLAIMS)("%s: 401, nothing evaluated", async (_, claims) => {
    const before = evaluations();
    const { body } = await prepareRequest(deployment, 1);
    const token = await deployment.identityProvider.accountToken("alice", claims);
    for (const instance of [0, 1] as const) {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await askForTokens(deployment, body, { instance, headers });
      expect([answer.status, answer.code]).toEqual([401, "unauthenticated"]);
    }
    expect(evaluations()).toBe(before);
  });

  it("no token, and no other scheme: 401", async () => {
    const { body } = await prepareRequest(deployment, 1);
    for (const headers of [{}, { authorization: "Basic YTpi" }, { authorization: "Bearer" }]) {
      expect((await askForTokens(deployment, body, { headers })).status).toBe(401);
    }
  });

  it("an account token without a signature: 401", async () => {
    const { body } = await prepareRequest(deployment, 1);
    const [, payload] = (await deployment.identityProvider.accountToken("alice")).split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const headers = { authorization: `Bearer ${none}.${payload}.` };
    expect((await askForTokens(deployment, body, { headers })).status).toBe(401);
  });

  it("a use case that the caller may not use: 403, byte for byte as one that is not there", async () => {
    const { body } = await prepareRequest(deployment, 1, { useCase: "partner_app" });
    const asChat = { authorization: `Bearer chat_server.${CHAT_SECRET}`, "dit-account": "alice" };
    const asPartner = { authorization: `Bearer partner_server.${PARTNER_SECRET}`, "dit-account": "alice" };
    const ask = (useCase: string, headers: Asking["headers"]) =>
      askForTokens(deployment, body, { useCase, headers: headers ?? {} });
    const foreign = await ask("partner_app", asChat);
    const unknown = await ask("no_such_app", asChat);
    expect([foreign.status, foreign.code]).toEqual([403, "use_case_unavailable"]);
    expect([unknown.status, unknown.text]).toEqual([foreign.status, foreign.text]);
    const lines = (headers: Headers) => [...headers].filter(([name]) => name !== "date");
    expect(lines(unknown.headers)).toEqual(lines(foreign.headers));
    expect((await ask("partner_app", asPartner)).status).toBe(200);
  });
});

describe("another epoch than this one and the next", () => {
  it.each([-30, -1, 2, 30])("the one at %i: refused by both instances", async (offset) => {
    const before = evaluations();
    const { body } = await prepareRequest(deployment, 1, { epochsAhead: offset });
    for (const instance of [0, 1] as const) {
      const answer = await askForTokens(deployment, body, { instance });
      expect([answer.status, answer.code]).toEqual([409, "epoch_not_issuable"]);
    }
    expect(evaluations()).toBe(before);
  });

  it("yesterday's, while its grace still lets it redeem: refused", async () => {
    const { account } = someone();
    const { body } = await prepareRequest(deployment, 1);
    const toMidnight = DAY_SECONDS - (deployment.nowSeconds() % DAY_SECONDS);
    deployment.clock.advance((toMidnight + 60) * 1_000);
    expect((await askForTokens(deployment, body, { account })).code).toBe("epoch_not_issuable");
    deployment.clock.advance(-(toMidnight + 60) * 1_000);
    expect((await askForTokens(deployment, body, { account })).status).toBe(200);
  });
});

describe("a request that costs the sender little", () => {
  const HOSTILE: readonly (readonly [
    name: string,
    status: number,
    code: string,
    spoil: (body: IssueBody) => unknown,
  ])[] = [
    ["5 MB of JSON", 413, "payload_too_large", (b) => JSON.stringify({ ...b, filler: "x".repeat(5e6) })],
    ["129 elements", 400, "malformed_request", (b) => ({ ...b, blinded: Array(129).fill(b.blinded[0]) })],
    ["no elements", 400, "malformed_request", (b) => ({ ...b, blinded: [] })],
    ["deep nesting", 400, "malformed_request", () => `${"[".repeat(8_000)}${"]".repeat(8_000)}`],
    ["unknown members", 400, "malformed_request", (b) => ({ ...b, account: "mallory" })],
    [
      "a __proto__ member",
      400,
      "malformed_request",
      (b) => `{"__proto__":{"epoch":${b.epoch}},"epoch":null,"keyVersion":1,"blinded":[]}`,
    ],
    ["half a document", 400, "malformed_request", (b) => JSON.stringify(b).slice(0, -9)],
  ];
  it.each(HOSTILE)("%s: refused before anything is multiplied", async (_, status, code, spoil) => {
    const before = evaluations();
    const { body } = await prepareRequest(deployment, 1);
    for (const instance of [0, 1] as const) {
      const answer = await askForTokens(deployment, spoil(body), { instance });
      expect([answer.status, answer.code]).toEqual([status, code]);
    }
    expect(evaluations()).toBe(before);
  });

  it("a body that trickles in: closed with 408, nothing evaluated", async () => {
    const before = evaluations();
    const { body } = await prepareRequest(deployment, 1);
    const token = await deployment.identityProvider.accountToken("alice");
    // The same app behind the same server code, with its patience cut from half a minute.
    const server = await listen({
      fetch: deployment.acs[0].service.app.fetch,
      host: "127.0.0.1",
      port: 0,
      limits: { headersTimeoutMs: 200, requestTimeoutMs: 300 },
    });
    const socket = connect({ host: "127.0.0.1", port: server.port });
    const text = JSON.stringify(body);
    const trickle = setInterval(() => socket.writable && socket.write(" "), 20);
    socket.write(
      [
        `POST ${ROUTES.issueTokens("messaging")} HTTP/1.1`,
        "Host: localhost",
        `Authorization: Bearer ${token}`,
        "Content-Type: application/json",
        `Content-Length: ${text.length + 1_000}`,
        "",
        text,
      ].join("\r\n"),
    );
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    clearInterval(trickle);
    await server.close();
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
    expect(evaluations()).toBe(before);
  });
});
