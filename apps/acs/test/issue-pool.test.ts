import { epochAt, toBase64Url } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createManualClock, type ManualClock } from "@dit/service-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createIssuePool, type IssueBatch, type IssuePool } from "../src/issue/issue-pool.ts";
import { createLiveKey } from "../src/keys/live-key.ts";
import { asAccount, putUseCase, useCaseDocument } from "./support/calls.ts";
import {
  fetchCredentials,
  fetchKeys,
  outcomeOf,
  postTokens,
  prepare,
  redeem,
  redeemItem,
} from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const DAY_SECONDS = 86_400;
const NOW_SECONDS = 20_500 * DAY_SECONDS + 3_600;
const EPOCH = epochAt(NOW_SECONDS, DAY_SECONDS);
const FRAGILE = new URL("./support/fragile-worker.ts", import.meta.url);

let clock: ManualClock;
let stores: TestStores;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  clock = createManualClock(NOW_SECONDS * 1_000);
  stores = await openTestStores(clock);
  ends.push(stores.close);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An ACS whose main thread cannot evaluate: what it issues, the pool has made. */
async function pooledInstance(
  change: (pool: IssuePool) => IssuePool = (pool) => pool,
  options: { readonly maxQueued?: number; readonly worker?: URL } = {},
): Promise<TestInstance> {
  const poprf = await createLibsodiumPoprf();
  const { context } = await createInstance(stores, clock);
  const pool = createIssuePool({ poprf, logger: context.logger, threads: 1, ...options });
  ends.push(() => pool.close());
  const blindEvaluateBatch = () => {
    throw new Error("evaluated in the main thread");
  };
  const acs = await createInstance(stores, clock, {
    context: { poprf: { ...poprf, blindEvaluateBatch }, issuePool: change(pool) },
  });
  await putUseCase(acs, useCaseDocument());
  return acs;
}

async function batchOf(acs: TestInstance, count: number) {
  const { request } = prepare(await fetchKeys(acs), EPOCH, count);
  return { ...request, blinded: request.blinded.map(toBase64Url) };
}

describe("a batch in another thread", () => {
  it("gives tokens whose proof holds and that redeem", async () => {
    const acs = await pooledInstance();
    const credentials = await fetchCredentials(acs, { nowSeconds: NOW_SECONDS, count: 9 });
    const results = await redeem(
      acs,
      credentials.map((each) => redeemItem(each, "report")),
    );
    expect(results.map(outcomeOf)).toEqual(Array(9).fill("reserved"));
  });

  it("is refused for a bad element as it is in the main thread", async () => {
    const acs = await pooledInstance();
    const body = await batchOf(acs, 2);
    const bad = { ...body, blinded: [...body.blinded, toBase64Url(new Uint8Array(32).fill(0xff))] };
    const answer = await postTokens(acs, bad);
    expect([answer.status, answer.code]).toEqual([422, "blinded_element_invalid"]);
    expect((await postTokens(acs, body)).status).toBe(200);
  });

  it("is one of so many that wait: the others are told to come back, and have used up nothing", async () => {
    const acs = await pooledInstance(undefined, { maxQueued: 1 });
    const body = await batchOf(acs, 8);
    const accounts = Array.from({ length: 10 }, (_, n) => asAccount(`account${n}`));
    const answers = await Promise.all(accounts.map((account) => postTokens(acs, body, account)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(2);
    for (const { status, code, headers } of refused) {
      expect([status, code, headers.get("retry-after")]).toEqual([503, "overloaded", "1"]);
    }
    for (const [n, account] of accounts.entries()) {
      if (answers[n]?.status !== 200) expect((await postTokens(acs, body, account)).status).toBe(200);
    }
  });

  it("fails if the thread is lost, and the next one does not", async () => {
    const acs = await pooledInstance(undefined, { worker: FRAGILE });
    const lost = await postTokens(acs, await batchOf(acs, 3));
    expect([lost.status, lost.code]).toEqual([503, "dependency_unavailable"]);
    expect(lost.headers.get("retry-after")).not.toBeNull();
    expect(acs.logLines.join()).not.toContain("worker exited");
    // All ten of the quota: the one that failed has taken nothing.
    expect((await postTokens(acs, await batchOf(acs, 10))).status).toBe(200);
  });

  it("is not given out if its key is wiped meanwhile, whatever came of it", async () => {
    const wiping = (pool: IssuePool): IssuePool => ({
      ...pool,
      async evaluate(batch) {
        const made = pool.evaluate(batch);
        batch.key.wipe();
        return made;
      },
    });
    const acs = await pooledInstance(wiping);
    const answer = await postTokens(acs, await batchOf(acs, 8));
    expect([answer.status, answer.code]).toEqual([409, "epoch_not_issuable"]);
  });
});

describe("the key of an epoch that threads share", () => {
  async function openPool() {
    const poprf = await createLibsodiumPoprf();
    const { context } = await createInstance(stores, clock);
    const pool = createIssuePool({ poprf, logger: context.logger, threads: 1 });
    ends.push(() => pool.close());
    const keys = poprf.generateKeyPair();
    const bound = { environment: "test", useCase: "messaging", epochSeconds: DAY_SECONDS };
    const key = createLiveKey({ keyVersion: 1, notBefore: 0, notAfter: 2 ** 40 }, keys, bound);
    const batch = (epoch: number): IssueBatch => {
      const { blinded } = poprf.blind(new Uint8Array(32), key.forEpoch(epoch).info, keys.publicKey);
      return { key, epoch, blinded: [blinded] };
    };
    return { pool, key, batch };
  }
  const isZero = (bytes: Uint8Array | undefined) => bytes?.every((byte) => byte === 0);

  it("is made once, and overwritten with the key", async () => {
    const { pool, key, batch } = await openPool();
    await pool.evaluate(batch(1));
    const { sharedKey } = key.forEpoch(1);
    await pool.evaluate(batch(1));
    expect(key.forEpoch(1).sharedKey).toBe(sharedKey);
    expect(isZero(sharedKey)).toBe(false);
    key.wipe();
    expect(isZero(sharedKey)).toBe(true);
  });

  it("is overwritten when its epoch is long over", async () => {
    const { pool, key, batch } = await openPool();
    await pool.evaluate(batch(1));
    const { sharedKey, counterKey } = key.forEpoch(1);
    for (const epoch of [2, 3, 4, 5]) await pool.evaluate(batch(epoch));
    expect([isZero(sharedKey), isZero(counterKey)]).toEqual([true, true]);
    expect(isZero(key.forEpoch(5).sharedKey)).toBe(false);
  });

  it("serves what is under way when the pool is closed", async () => {
    const { pool, batch } = await openPool();
    const answers = [1, 1, 1].map((epoch) => pool.evaluate(batch(epoch)));
    await pool.close();
    expect((await Promise.all(answers)).map(({ evaluated }) => evaluated.length)).toEqual([1, 1, 1]);
  });
});
