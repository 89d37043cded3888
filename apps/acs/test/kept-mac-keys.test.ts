import { randomBytes } from "node:crypto";
import { macKey, toBase64Url, token } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createManualClock, type ManualClock } from "@dit/service-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IssuerPoprf } from "../src/context.ts";
import { putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials, outcomeOf, type RedeemItem, redeem, redeemItem } from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const DAY_SECONDS = 86_400;
const START_SECONDS = 20_500 * DAY_SECONDS + 3_600;

let clock: ManualClock;
let stores: TestStores;
let acs: TestInstance;
let evaluations: number;

beforeEach(async () => {
  clock = createManualClock(START_SECONDS * 1_000);
  stores = await openTestStores(clock);
  evaluations = 0;
  acs = await createInstance(stores, clock, { context: { poprf: await countingPoprf() } });
  await putUseCase(acs, useCaseDocument());
});
afterEach(() => stores.close());

async function countingPoprf(): Promise<IssuerPoprf> {
  const real = await createLibsodiumPoprf();
  return {
    ...real,
    evaluate(...args) {
      evaluations++;
      return real.evaluate(...args);
    },
  };
}

const now = () => Math.floor(clock.nowMs() / 1_000);
const advanceTo = (seconds: number) => clock.advance(seconds * 1_000 - clock.nowMs());
const keptKeys = () => acs.metrics.value("mac_keys");
const withRandomMac = (item: RedeemItem) => ({ ...item, mac: toBase64Url(randomBytes(32)) });

async function credential() {
  const [first] = await fetchCredentials(acs, { nowSeconds: now(), count: 1 });
  if (first === undefined) throw new Error("no credential");
  return first;
}

async function outcomes(items: readonly RedeemItem[]) {
  return (await redeem(acs, items)).map(outcomeOf);
}

/** A token that was accepted once, and another report of it. */
async function acceptedToken() {
  const mine = await credential();
  expect(await outcomes([redeemItem(mine, "report 1")])).toEqual(["reserved"]);
  expect([evaluations, await keptKeys()]).toEqual([1, 1]);
  return redeemItem(mine, "report 2");
}

describe("a token that was accepted before", () => {
  it("is evaluated no second time, in the same batch or later", async () => {
    const mine = await credential();
    const items = [1, 2, 3, 4].map((n) => redeemItem(mine, `report ${n}`));
    expect(await outcomes(items.slice(0, 2))).toEqual(["reserved", "reserved"]);
    expect(await outcomes(items)).toEqual(["repeated", "repeated", "reserved", "reserved"]);
    expect(evaluations).toBe(1);
    expect(await acs.metrics.value("mac_keys_total", { outcome: "derived" })).toBe(1);
    expect(await acs.metrics.value("mac_keys_total", { outcome: "kept" })).toBe(5);
  });

  it("is evaluated before it is refused, as any other", async () => {
    const item = await acceptedToken();
    for (const n of [2, 3, 4]) {
      expect(await outcomes([withRandomMac(item)])).toEqual(["credential_invalid"]);
      expect(evaluations).toBe(n);
    }
    expect(await outcomes([item])).toEqual(["reserved"]);
    expect(evaluations).toBe(4);
  });

  it("is evaluated again by an ACS without room to keep anything", async () => {
    const config = { macKeyCacheBytes: 0 };
    acs = await createInstance(stores, clock, { config, context: { poprf: await countingPoprf() } });
    const mine = await credential();
    for (const n of [1, 2, 3]) await outcomes([redeemItem(mine, `report ${n}`)]);
    expect(evaluations).toBe(3);
  });
});

describe("the keys that are kept", () => {
  it("are none of those whose MAC did not verify", async () => {
    const item = redeemItem(await credential(), "report");
    await outcomes([withRandomMac(item), { ...withRandomMac(item), token: toBase64Url(randomBytes(32)) }]);
    expect([evaluations, await keptKeys()]).toEqual([2, 0]);
  });

  it("accept nothing under a key of zeros, which stands in where none is kept", async () => {
    const mine = await credential();
    const guessed = { ...mine, token: token(randomBytes(32)), macKey: macKey(new Uint8Array(32)) };
    expect(await outcomes([redeemItem(guessed, "report")])).toEqual(["credential_invalid"]);
    expect(evaluations).toBe(1);
  });

  it("are overwritten when their epoch is over, which accepts nothing any more, kept or not", async () => {
    const item = await acceptedToken();
    advanceTo((item.epoch + 1) * DAY_SECONDS + 3_599);
    await acs.rotationJob();
    expect(await keptKeys()).toBe(1);
    expect(await outcomes([item])).toEqual(["reserved"]);
    advanceTo((item.epoch + 1) * DAY_SECONDS + 3_600);
    expect(await outcomes([item])).toEqual(["epoch_expired"]);
    await acs.rotationJob();
    expect([evaluations, await keptKeys()]).toEqual([1, 0]);
  });

  it("are overwritten when their epoch is over although the store is down", async () => {
    const documents = { ...stores.documents };
    acs = await createInstance({ ...stores, documents }, clock, {
      context: { poprf: await countingPoprf() },
    });
    const item = await acceptedToken();
    documents.list = () => Promise.reject(new Error("down"));
    advanceTo((item.epoch + 1) * DAY_SECONDS + 3_600);
    await expect(acs.rotationJob()).rejects.toThrow();
    expect(await keptKeys()).toBe(0);
  });

  it("are overwritten, and accept nothing, when the use case is switched off", async () => {
    const item = await acceptedToken();
    await putUseCase(acs, useCaseDocument({ enabled: false }));
    expect(await outcomes([item])).toEqual(["use_case_disabled"]);
    expect([evaluations, await keptKeys()]).toEqual([1, 0]);
  });

  it("are overwritten, and accept nothing, when their primary key is gone from the ring", async () => {
    const item = await acceptedToken();
    const stored = await stores.documents.get<{ keys: { keyVersion: number }[] }>(
      "primary-keys",
      "messaging",
    );
    const keys = stored?.value.keys.filter(({ keyVersion }) => keyVersion !== item.keyVersion) ?? [];
    const expectedVersion = stored?.version ?? 0;
    const value = { ...stored?.value, keys };
    await stores.documents.commit({
      changes: [{ collection: "primary-keys", key: "messaging", expectedVersion, value }],
    });
    clock.advance(1_000);
    expect(await outcomes([item])).toEqual(["credential_invalid"]);
    expect([evaluations, await keptKeys()]).toEqual([1, 0]);
  });

  it("are overwritten when ACS stops", async () => {
    await acceptedToken();
    acs.close();
    expect(await keptKeys()).toBe(0);
  });
});
