import { createMemoryStore } from "@dit/client";
import { CREDENTIAL_HEADER, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { askForTokens, freshCredential, prepareRequest } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { redeem, redeemItem, reportBody, signReport, useOnce } from "./support/reports.ts";
import { seenOf, startSdk } from "./support/sdk-client.ts";
import { USES_PER_TOKEN } from "./support/use-cases.ts";
import { wholeAnswer } from "./support/wire.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HOUR_MS = 3_600_000;

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment.stop());

/** Tokens that came with more than one pseudonym: what would tie two of a client's names together. */
function tyingTokens(seen: readonly { readonly token: string; readonly pseudonym: string }[]): string[] {
  const pseudonyms = new Map<string, Set<string>>();
  for (const { token, pseudonym } of seen) {
    pseudonyms.set(token, (pseudonyms.get(token) ?? new Set()).add(pseudonym));
  }
  return [...pseudonyms].filter(([, names]) => names.size > 1).map(([token]) => token);
}

describe("a token and its client's pseudonyms", () => {
  it("over five days, three restarts and tokens fetched ahead, no token is shown with two", async () => {
    const store = createMemoryStore();
    const seen: ReturnType<typeof seenOf>[] = [];
    for (let run = 0; run < 4; run++) {
      const { client, to } = await startSdk(deployment, { store });
      for (let step = 0; step < 6; step++) {
        client.log("delivered", { number: step });
        client.log("delivered", { number: step, ok: true });
        await client.flush();
        deployment.clock.advance(5 * HOUR_MS);
      }
      await client.close();
      expect(new Set(to("/reports").map(({ status }) => status))).toEqual(new Set([202]));
      seen.push(...to("/reports").map(seenOf));
    }
    expect(seen.length).toBeGreaterThanOrEqual(44);
    expect(new Set(seen.map(({ pseudonym }) => pseudonym)).size).toBeGreaterThanOrEqual(5);
    expect(new Set(seen.map(({ token }) => token)).size).toBeLessThan(seen.length / 2);
    expect(tyingTokens(seen)).toEqual([]);
    const [first] = seen;
    if (first === undefined) throw new Error("nothing was sent");
    expect(tyingTokens([...seen, { ...first, pseudonym: "another" }])).toEqual([first.token]);
  });
});

describe("an upload right after an issuance", () => {
  it("waits until the token is a minute old, however often the app asks to flush", async () => {
    const { client, to } = await startSdk(deployment, { timing: {} });
    client.log("delivered", { number: 1 });
    await client.flush();
    expect(to("/tokens").map(({ status }) => status)).toEqual([200]);
    for (let second = 0; second < 59; second++) {
      deployment.clock.advance(1_000);
      await client.flush();
    }
    expect(to("/reports")).toEqual([]);
    deployment.clock.advance(1_000);
    await client.flush();
    expect(to("/reports").map(({ status }) => status)).toEqual([202]);
    const [issued, reported] = [to("/tokens")[0]?.atMs ?? 0, to("/reports")[0]?.atMs ?? 0];
    expect(reported - issued).toBe(60_000);
    await client.close();
  });

  it("goes at once where that rule is off: the wait is the rule's doing", async () => {
    const { client, to } = await startSdk(deployment, { timing: { minTokenAgeMs: 0 } });
    client.log("delivered", { number: 1 });
    await client.flush();
    expect(to("/reports").map(({ status }) => status)).toEqual([202]);
    await client.close();
  });
});

describe("what an answer could give a client to carry", () => {
  const acceptable = new Set([
    ...["access-control-allow-origin", "access-control-expose-headers", "cache-control", "connection"],
    ...["content-length", "content-type", "date", "keep-alive", "transfer-encoding", "vary"],
  ]);

  it("a report's answer is the same, byte for byte, for every client, use, repeat and instance", async () => {
    const answers = new Set<string>();
    const url = (edge: 0 | 1) => deployment.edgeUrls[edge] + ROUTES.reports("messaging");
    for (let client = 0; client < 2; client++) {
      const credential = await freshCredential(deployment);
      const first = signReport(deployment, credential, reportBody(deployment, 1));
      const last = signReport(deployment, credential, reportBody(deployment, 2));
      for (const edge of [0, 1, 0] as const)
        answers.add(await wholeAnswer(url(edge), first.body, first.headers));
      const between = Array.from({ length: USES_PER_TOKEN - 2 }, (_, n) =>
        redeemItem(deployment, credential, `report ${n}`),
      );
      await redeem(deployment.acs[0].url, between);
      answers.add(await wholeAnswer(url(1), last.body, last.headers));
      expect(await useOnce(deployment, credential, "one more")).toMatchObject({ code: "token_exhausted" });
    }
    expect([...answers]).toHaveLength(1);
    const [answer = ""] = answers;
    expect(answer).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/);
    expect(answer.split("\r\n\r\n")[1]).toBe("");
    const names = answer.split("\r\n").flatMap((line) => /^([\w-]+): /.exec(line)?.[1]?.toLowerCase() ?? []);
    expect(names.filter((name) => !acceptable.has(name))).toEqual([]);
  });

  it("tokens come with evaluations and a proof, and nothing else that differs between accounts", async () => {
    const shapes = new Set<string>();
    for (const [account, instance] of [
      ["alice", 0],
      ["alice", 1],
      ["bob", 1],
    ] as const) {
      const { body } = await prepareRequest(deployment, 2);
      const { text, headers } = await askForTokens(deployment, body, { account, instance });
      expect(Object.keys(JSON.parse(text) as object)).toEqual(["evaluated", "proof"]);
      const lines = [...headers].filter(([name]) => name !== "date");
      expect(lines.map(([name]) => name).filter((name) => !acceptable.has(name))).toEqual([]);
      shapes.add(JSON.stringify([lines, text.length]));
    }
    expect([...shapes]).toHaveLength(1);
  });

  it("the key document and its headers are the same for everybody, from every instance", async () => {
    const answers = new Set<string>();
    for (const { url } of [...deployment.acs, ...deployment.acs]) {
      const account = await deployment.identityProvider.accountToken(crypto.randomUUID());
      for (const headers of [
        {},
        { authorization: `Bearer ${account}`, cookie: "id=1", "x-client": account },
      ]) {
        const response = await fetch(url + ROUTES.keys("messaging"), { headers });
        const lines = [...response.headers].filter(([name]) => name !== "date");
        answers.add(JSON.stringify([response.status, lines, await response.text()]));
      }
    }
    expect([...answers]).toHaveLength(1);
  });

  it("the SDK's reports carry the three headers of the protocol and nothing it was told", async () => {
    const { client, to } = await startSdk(deployment);
    client.log("delivered", { number: 1 });
    await client.flush();
    await client.close();
    const names = to("/reports").flatMap(({ headers }) => [...headers.keys()]);
    expect(names.sort()).toEqual(["content-encoding", "content-type", CREDENTIAL_HEADER]);
  });
});
