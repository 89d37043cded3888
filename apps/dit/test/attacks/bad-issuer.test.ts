import {
  credentialInfo,
  element,
  fromBase64Url,
  type KeyPair,
  type Poprf,
  toBase64Url,
  webCryptoRandomBytes,
} from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { IssueResponse, KeyDocument, PublishedKey } from "@dit/protocol/schemas";
import { type HttpServer, listen } from "@dit/service-kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { IssueBody } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { seenOf, startSdk } from "./support/sdk-client.ts";
import { tally } from "./support/token-race.ts";
import { DAY_SECONDS } from "./support/use-cases.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Ask = (body: IssueBody) => Promise<IssueResponse>;

/** What an issuer does otherwise than it should. */
interface Lie {
  readonly keys?: (document: KeyDocument) => unknown;
  /** `ask` is the honest ACS. */
  readonly tokens?: (body: IssueBody, ask: Ask) => unknown;
}

let deployment: Deployment;
let poprf: Poprf;
let own: KeyPair;
let liar: HttpServer;
let lie: Lie = {};
const paths: string[] = [];

beforeAll(async () => {
  deployment = await startDeployment();
  poprf = await createLibsodiumPoprf();
  own = poprf.generateKeyPair();
  liar = await listen({ fetch: answer, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await liar.close();
  await deployment.stop();
});
beforeEach(() => {
  lie = {};
  paths.length = 0;
});

/** Passes on to the honest ACS over HTTP, and bends what it answers. */
async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  paths.push(pathname);
  const honest = deployment.acs[0].url + pathname;
  if (pathname === ROUTES.keys("messaging")) {
    const document = (await (await fetch(honest)).json()) as KeyDocument;
    return answerWith(lie.keys === undefined ? document : lie.keys(document));
  }
  const ask: Ask = async (body) => {
    const headers = {
      authorization: request.headers.get("authorization") ?? "",
      "content-type": "application/json",
    };
    const response = await fetch(honest, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the honest ACS answered ${response.status}`);
    return (await response.json()) as IssueResponse;
  };
  const asked = (await request.json()) as IssueBody;
  return answerWith(lie.tokens === undefined ? await ask(asked) : await lie.tokens(asked, ask));
}

function answerWith(value: unknown): Response {
  return value instanceof Response
    ? value
    : Response.json(value, { headers: { etag: `"${Math.random()}"` } });
}

const decoded = (text: string) => element(fromBase64Url(text) ?? new Uint8Array());

/** The evaluation of what was asked, with a proof that holds, under the liar's own key. */
function evaluatedUnderOwnKey({ blinded, epoch, keyVersion }: IssueBody): IssueResponse {
  const { environment } = deployment;
  const info = { environment, useCase: "messaging", keyVersion, epochSeconds: DAY_SECONDS, epoch };
  const { evaluated, proof } = poprf.blindEvaluateBatch(
    own.secretKey,
    blinded.map(decoded),
    credentialInfo(info),
  );
  return { evaluated: evaluated.map(toBase64Url), proof: toBase64Url(proof) };
}

function changedKeys(change: (key: PublishedKey, at: number) => Partial<PublishedKey>) {
  return (document: KeyDocument) => ({
    ...document,
    keys: document.keys.map((key, at) => ({ ...key, ...change(key, at) })),
  });
}

/** What an app sees of one event, logged and flushed while the issuer lies, and again once it is honest. */
async function tryWith(bad: Lie) {
  lie = bad;
  const { client, to, diagnostics } = await startSdk(deployment, { acsUrl: liar.url });
  client.log("delivered", { number: 1, ok: true });
  await client.flush();
  const whileLying = {
    reasons: diagnostics.flatMap((each) => (each.name === "issuer_refused" ? [each.reason] : [])),
    counted: client.losses().issuer_refused,
    asked: to("/tokens").length,
    reports: to("/reports").length,
  };
  lie = {};
  deployment.clock.advance(60_000);
  await client.flush();
  const afterwards = to("/reports").map(({ status }) => status);
  await client.close();
  return { whileLying, afterwards };
}

describe("a key document that the client was not shipped for: no tokens are asked for", () => {
  const DOCUMENTS: readonly (readonly [name: string, reason: string, keys: NonNullable<Lie["keys"]>])[] = [
    [
      "another key than the pinned one",
      "key_not_pinned",
      changedKeys(() => ({ publicKey: toBase64Url(own.publicKey) })),
    ],
    [
      "the pinned key under a version outside the set",
      "key_not_pinned",
      changedKeys((_, at) => ({ keyVersion: 77 + at })),
    ],
    [
      "the two pinned keys in each other's place",
      "key_not_pinned",
      (document) =>
        changedKeys((_, at) => ({ keyVersion: document.keys[1 - at]?.keyVersion ?? 0 }))(document),
    ],
    [
      "three live keys",
      "too_many_live_keys",
      (document) => ({
        ...document,
        keys: [
          ...document.keys,
          { ...document.keys[1], keyVersion: 3, publicKey: toBase64Url(own.publicKey) },
        ],
      }),
    ],
    [
      "two keys for the epoch",
      "two_keys_for_epoch",
      (document) => ({ ...document, keys: [document.keys[0], document.keys[0]] }),
    ],
    [
      "a key that ends within the epoch",
      "no_key_for_epoch",
      changedKeys((key) => ({ notAfter: key.notBefore + 9 })),
    ],
    [
      "epochs of the issuer's choice",
      "other_epoch_length",
      (document) => ({ ...document, epochSeconds: 10 }),
    ],
    ["a grace of the issuer's choice", "other_grace", (document) => ({ ...document, graceSeconds: 1 })],
    ["another environment", "other_environment", (document) => ({ ...document, environment: "staging" })],
    ["another use case", "other_use_case", (document) => ({ ...document, useCase: "calls" })],
    ["nothing of the kind", "keys_malformed", () => ({ hello: "world" })],
  ];
  it.each(DOCUMENTS)("%s", async (_, reason, keys) => {
    const { whileLying, afterwards } = await tryWith({ keys });
    expect(whileLying).toEqual({ reasons: [reason], counted: 1, asked: 0, reports: 0 });
    expect(afterwards).toEqual([202]);
  });
});

describe("an answer that does not prove itself: the batch is dropped whole", () => {
  const ANSWERS: readonly (readonly [name: string, tokens: NonNullable<Lie["tokens"]>])[] = [
    ["evaluated under another key, the proof right for that key", evaluatedUnderOwnKey],
    ["evaluated for another epoch", (body, ask) => ask({ ...body, epoch: body.epoch + 1 })],
    [
      "a random proof",
      async (b, ask) => ({ ...(await ask(b)), proof: toBase64Url(webCryptoRandomBytes(64)) }),
    ],
    ["a proof of zeros", async (b, ask) => ({ ...(await ask(b)), proof: toBase64Url(new Uint8Array(64)) })],
    [
      "another batch's proof",
      async (body, ask) => {
        const reversed = await ask({ ...body, blinded: body.blinded.toReversed() });
        return { ...(await ask(body)), proof: reversed.proof };
      },
    ],
    ["one evaluation fewer", (body, ask) => ask({ ...body, blinded: body.blinded.slice(1) })],
    [
      "one evaluation more",
      (body, ask) => ask({ ...body, blinded: [...body.blinded, body.blinded[0] ?? ""] }),
    ],
    [
      "one evaluation more, behind a proof that holds for those asked for",
      async (body, ask) => {
        const { evaluated, proof } = await ask(body);
        return { evaluated: [...evaluated, ...evaluated], proof };
      },
    ],
    [
      "one evaluation swapped for one under another key",
      async (body, ask) => {
        const { evaluated, proof } = await ask(body);
        return { evaluated: evaluated.with(1, evaluatedUnderOwnKey(body).evaluated[1] ?? ""), proof };
      },
    ],
    [
      "in another order",
      async (body, ask) => {
        const { evaluated, proof } = await ask(body);
        return { evaluated: evaluated.toReversed(), proof };
      },
    ],
    [
      "identity elements",
      async (body, ask) => {
        const { evaluated, proof } = await ask(body);
        return { evaluated: evaluated.map(() => toBase64Url(new Uint8Array(32))), proof };
      },
    ],
    ["what it was sent", async (body, ask) => ({ ...(await ask(body)), evaluated: body.blinded })],
    ["nothing of the kind", () => ({ evaluated: "all of them", proof: 7 })],
  ];
  it.each(ANSWERS)("%s", async (_, tokens) => {
    const { whileLying, afterwards } = await tryWith({ tokens });
    expect(whileLying).toMatchObject({ counted: 1, asked: 1, reports: 0 });
    expect(["answer_does_not_verify", "answer_malformed"]).toContain(whileLying.reasons[0]);
    expect(afterwards).toEqual([202]);
  });
});

it("an issuer that sends its clients elsewhere is not followed, and its clients' account tokens with them", async () => {
  const { whileLying, afterwards } = await tryWith({
    tokens: () => Response.redirect(`${liar.url}/elsewhere`, 307),
  });
  expect(whileLying).toMatchObject({ asked: 0, reports: 0 });
  expect(paths).not.toContain("/elsewhere");
  expect(afterwards).toEqual([202]);
});

it("an honest issuer behind the same server gets its client's report accepted at once", async () => {
  const { whileLying } = await tryWith({});
  expect(whileLying).toEqual({ reasons: [], counted: 0, asked: 1, reports: 1 });
});

it("more uses of a token than the app was shipped for are not made", async () => {
  lie = { keys: (document) => ({ ...document, usesPerToken: 1_000 }) };
  const { client, to } = await startSdk(deployment, { acsUrl: liar.url, usesPerToken: 2 });
  for (let number = 0; number < 7; number++) client.log("delivered", { number });
  await client.flush();
  await client.close();
  const uses = tally(to("/reports").map((each) => seenOf(each).token));
  expect(Math.max(0, ...Object.values(uses))).toBeLessThanOrEqual(2);
});

it("an ETag for each client alone is never shown again", async () => {
  const { client, to } = await startSdk(deployment, {
    acsUrl: liar.url,
    timing: { minTokenAgeMs: 0, keysMaxAgeMs: 1 },
  });
  for (let round = 0; round < 3; round++) {
    client.log("delivered", { number: round });
    await client.flush();
    deployment.clock.advance(DAY_SECONDS * 1_000);
  }
  await client.close();
  expect(to("/keys").length).toBeGreaterThan(2);
  for (const { headers } of to("/keys")) expect([...headers]).toEqual([]);
});
