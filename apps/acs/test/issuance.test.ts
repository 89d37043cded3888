import { CryptoError, epochAt, toBase64Url } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { IssueResponse } from "@dit/protocol/schemas";
import { createManualClock, type ManualClock } from "@dit/service-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asAccount, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials, fetchKeys, postTokens, prepare } from "./support/client.ts";
import { createInstance, OTHER_SERVER_SECRET, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const DAY_SECONDS = 86_400;
const EPOCH = 20_500;
const QUOTA = 10;

let clock: ManualClock;
let stores: TestStores;
let acs: TestInstance;

beforeEach(async () => {
  clock = createManualClock((EPOCH * DAY_SECONDS + 3_600) * 1_000);
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock);
  await putUseCase(acs, useCaseDocument());
});
afterEach(() => stores.close());

const now = () => Math.floor(clock.nowMs() / 1_000);

/** The body of an honest request for the current epoch, to be spoilt. */
async function requestBody(count: number, epoch = epochAt(now(), DAY_SECONDS)) {
  const { request } = prepare(await fetchKeys(acs), epoch, count);
  return { ...request, blinded: request.blinded.map(toBase64Url) };
}

/** How many tokens an account can still get, found by taking them one by one. */
async function remaining(account: string, instance = acs): Promise<number> {
  for (let taken = 0; ; taken++) {
    const answer = await postTokens(instance, await requestBody(1), asAccount(account));
    if (answer.code === "quota_exhausted") return taken;
    if (answer.status !== 200) throw new Error(`refused: ${answer.code}`);
  }
}

describe("issuing", () => {
  it("gives tokens whose proof holds under the published key, for this epoch and the next", async () => {
    for (const epochsAhead of [0, 1]) {
      const credentials = await fetchCredentials(acs, { nowSeconds: now(), count: 4, epochsAhead });
      expect(credentials).toHaveLength(4);
    }
    expect(await acs.metrics.value("tokens_issued_total", { use_case: "messaging" })).toBe(8);
    expect(await acs.metrics.value("issuances_total", { code: "issued" })).toBe(2);
  });

  it("answers with evaluations and a proof, and nothing a client would echo", async () => {
    const answer = await postTokens(acs, await requestBody(2));
    expect(Object.keys(answer.json<IssueResponse>())).toEqual(["evaluated", "proof"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("etag")).toBeNull();
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  it("meters each account by itself, and each epoch", async () => {
    expect(await remaining("alice")).toBe(QUOTA);
    expect(await remaining("alicf")).toBe(QUOTA);
    await fetchCredentials(acs, { nowSeconds: now(), count: QUOTA, epochsAhead: 1 });
    clock.advance(DAY_SECONDS * 1_000);
    expect(await remaining("alice")).toBe(0);
    expect(await remaining("alicf")).toBe(QUOTA);
  });

  it("works from a page of another origin", async () => {
    const origin = { origin: "https://app.example" };
    const preflight = await call(acs, "OPTIONS", ROUTES.issueTokens("messaging"), {
      headers: { ...origin, "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    const refused = await postTokens(acs, await requestBody(1), origin);
    expect(refused.code).toBe("unauthenticated");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(refused.headers.get("access-control-allow-credentials")).toBeNull();
  });
});

describe("the quota", () => {
  it("grants a batch wholly or not at all", async () => {
    expect((await postTokens(acs, await requestBody(QUOTA + 1))).code).toBe("quota_exhausted");
    expect((await postTokens(acs, await requestBody(7))).status).toBe(200);
    const refused = await postTokens(acs, await requestBody(4));
    expect([refused.status, refused.code]).toEqual([429, "quota_exhausted"]);
    expect(Number(refused.headers.get("retry-after"))).toBe(DAY_SECONDS - 3_600);
    expect(await remaining("alice")).toBe(3);
  });

  it("is exact under concurrency, over two instances on the same stores", async () => {
    const other = await createInstance(stores, clock);
    const bodies = await Promise.all(Array.from({ length: 24 }, () => requestBody(1)));
    const answers = await Promise.all(bodies.map((body, n) => postTokens(n % 2 === 0 ? acs : other, body)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(QUOTA);
    expect(answers.filter((answer) => answer.code === "quota_exhausted")).toHaveLength(24 - QUOTA);
    expect(await stores.documents.list("account-keys")).toHaveLength(1);
  });

  it("spares the evaluation for an account known to have nothing left", async () => {
    await postTokens(acs, await requestBody(QUOTA));
    const body = await requestBody(1);
    const poprf = { ...acs.context.poprf, blindEvaluateBatch: () => expect.unreachable("evaluated") };
    const sparing = await createInstance(stores, clock, { context: { poprf } });
    expect((await postTokens(acs, body)).code).toBe("quota_exhausted");
    expect((await postTokens(sparing, await requestBody(QUOTA + 1))).code).toBe("quota_exhausted");
    // Another instance does not know yet, and would evaluate.
    expect((await postTokens(sparing, body)).code).toBe("internal_error");
  });

  it("lets an account have more at once when the limit is raised", async () => {
    await postTokens(acs, await requestBody(QUOTA));
    const { issuance } = useCaseDocument();
    await putUseCase(acs, useCaseDocument({ issuance: { ...issuance, tokensPerEpoch: QUOTA + 2 } }));
    expect(await remaining("alice")).toBe(2);
  });
});

describe("an attacker who asks for tokens", () => {
  const ZEROS = toBase64Url(new Uint8Array(32));
  const NOT_CANONICAL = toBase64Url(new Uint8Array(32).fill(0xff));
  const NEGATIVE = toBase64Url(Uint8Array.of(1, ...new Uint8Array(31)));

  it.each([
    ["the identity", ZEROS],
    ["an encoding that is not canonical", NOT_CANONICAL],
    ["a negative field element", NEGATIVE],
    ["a short element", toBase64Url(new Uint8Array(31).fill(4))],
    ["a long element", toBase64Url(new Uint8Array(33).fill(4))],
    ["no base64url", "*".repeat(43)],
    ["another spelling of the same bytes", `${"A".repeat(42)}B`],
  ])("cannot have %s evaluated: the whole batch is refused and nothing used up", async (_, element) => {
    const body = await requestBody(3);
    const answer = await postTokens(acs, { ...body, blinded: [...body.blinded, element] });
    expect([answer.status, answer.code]).toEqual([422, "blinded_element_invalid"]);
    expect(answer.text).not.toContain(element);
    expect(await remaining("alice")).toBe(QUOTA);
  });

  it.each<[string, Record<string, string>]>([
    ["no credentials", {}],
    ["no account", { authorization: asAccount("alice").authorization ?? "" }],
    ["an account that is too long", asAccount("a".repeat(257))],
    ["a wrong secret", { authorization: `Bearer chat_server.${"x".repeat(37)}`, "dit-account": "alice" }],
    ["an unknown server", { authorization: `Bearer nobody.${"x".repeat(37)}`, "dit-account": "alice" }],
    ["a property of Object", { authorization: "Bearer constructor.x", "dit-account": "alice" }],
    ["another scheme", { authorization: "Basic YWxpY2U6eA==", "dit-account": "alice" }],
  ])("is not let in with %s", async (_, headers) => {
    const answer = await postTokens(acs, await requestBody(1), headers);
    expect([answer.status, answer.code]).toEqual([401, "unauthenticated"]);
  });

  it("learns nothing of a use case that is not for it: as if it were not there", async () => {
    const headers = { authorization: `Bearer other_server.${OTHER_SERVER_SECRET}`, "dit-account": "alice" };
    const notMine = await postTokens(acs, await requestBody(1), headers);
    const unknown = await postTokens(acs, await requestBody(1), headers, "unknown");
    expect([notMine.status, notMine.code]).toEqual([403, "use_case_unavailable"]);
    expect(notMine.text).toBe(unknown.text);
    expect(unknown.status).toBe(403);
  });

  it.each([-2, -1, 2, 30])("gets none for the epoch at %i", async (offset) => {
    const answer = await postTokens(acs, { ...(await requestBody(1)), epoch: EPOCH + offset });
    expect([answer.status, answer.code]).toEqual([409, "epoch_not_issuable"]);
  });

  it.each([2, 3])("gets none from key version %i, which does not issue now", async (keyVersion) => {
    const answer = await postTokens(acs, { ...(await requestBody(1)), keyVersion });
    expect([answer.status, answer.code]).toEqual([409, "epoch_not_issuable"]);
  });

  it("cannot have a past epoch's tokens while its grace lasts", async () => {
    const body = await requestBody(1);
    clock.advance((DAY_SECONDS - 3_600 + 60) * 1_000);
    expect((await postTokens(acs, body)).code).toBe("epoch_not_issuable");
  });

  it("cannot have an epoch's tokens that was over once, when the clock is set back", async () => {
    const body = await requestBody(1);
    clock.advance(2 * DAY_SECONDS * 1_000);
    await acs.rotationJob();
    clock.advance(-2 * DAY_SECONDS * 1_000);
    const restarted = await createInstance(stores, clock);
    expect((await postTokens(restarted, body)).code).toBe("epoch_not_issuable");
  });

  it.each<[string, number, (body: Awaited<ReturnType<typeof requestBody>>) => unknown]>([
    ["a huge body", 413, (body) => ({ ...body, blinded: Array(2_000).fill(body.blinded[0]) })],
    ["too many elements", 400, (body) => ({ ...body, blinded: Array(129).fill(body.blinded[0]) })],
    ["no elements", 400, (body) => ({ ...body, blinded: [] })],
    ["deep nesting", 400, () => `${"[".repeat(8_000)}${"]".repeat(8_000)}`],
    ["unknown members", 400, (body) => ({ ...body, account: "mallory" })],
    ["a fractional epoch", 400, (body) => ({ ...body, epoch: body.epoch + 0.5 })],
    ["no JSON", 400, () => "{"],
  ])("is refused before anything is multiplied: %s", async (_, status, spoil) => {
    const poprf = { ...acs.context.poprf, blindEvaluateBatch: () => expect.unreachable("evaluated") };
    const guarded = await createInstance(stores, clock, { context: { poprf } });
    const answer = await postTokens(guarded, spoil(await requestBody(1)));
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("mallory");
  });

  it("must say that it sends JSON", async () => {
    const headers = { ...asAccount("alice"), "content-type": "text/plain" };
    expect((await postTokens(acs, await requestBody(1), headers)).status).toBe(415);
  });
});

describe("what is in the way", () => {
  it("a disabled use case says so, and its keys too", async () => {
    const body = await requestBody(1);
    await putUseCase(acs, useCaseDocument({ enabled: false }));
    const answer = await postTokens(acs, body);
    expect([answer.status, answer.code]).toEqual([410, "use_case_disabled"]);
    expect((await fetchKeys(acs)).enabled).toBe(false);
  });

  it.each(["counters", "documents"] as const)("%s that are down: 503, and nothing used up", async (store) => {
    const body = await requestBody(1);
    const down = () => Promise.reject(new Error("secret detail"));
    const failing = {
      counters: { ...stores.counters, take: down },
      documents: { ...stores.documents, list: down },
    };
    const broken = await createInstance({ ...stores, [store]: failing[store] }, clock);
    const answer = await postTokens(broken, body);
    expect([answer.status, answer.code]).toEqual([503, "dependency_unavailable"]);
    expect(answer.text + broken.logLines.join("")).not.toContain("secret detail");
    expect(broken.logLines.join("")).toContain(`"dependency":"${store}"`);
    expect(await remaining("alice")).toBe(QUOTA);
  });

  it("a key that cancels out with the public info is reported, and issues nothing", async () => {
    const poprf = {
      ...acs.context.poprf,
      blindEvaluateBatch: () => {
        throw new CryptoError("inverse");
      },
    };
    const suspicious = await createInstance(stores, clock, { context: { poprf } });
    expect((await postTokens(suspicious, await requestBody(1))).code).toBe("epoch_not_issuable");
    expect(suspicious.logLines.join("")).toContain("key.compromise_suspected");
    expect(await remaining("alice")).toBe(QUOTA);
  });
});
