import { randomBytes } from "node:crypto";
import { toBase64Url } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import { createManualClock, type ManualClock } from "@dit/service-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asService, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import {
  confirm,
  fetchCredentials,
  outcomeOf,
  type RedeemItem,
  redeem,
  redeemItem,
} from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const DAY_SECONDS = 86_400;
const START_SECONDS = 20_500 * DAY_SECONDS + 3_600;

let clock: ManualClock;
let stores: TestStores;
let acs: TestInstance;

beforeEach(async () => {
  clock = createManualClock(START_SECONDS * 1_000);
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock);
  await putUseCase(acs, useCaseDocument());
});
afterEach(() => stores.close());

const now = () => Math.floor(clock.nowMs() / 1_000);
const advanceTo = (seconds: number) => clock.advance(seconds * 1_000 - clock.nowMs());

async function credential(epochsAhead = 0, useCase = "messaging") {
  const [first] = await fetchCredentials(acs, { nowSeconds: now(), count: 1, epochsAhead, useCase });
  if (first === undefined) throw new Error("no credential");
  return first;
}

async function outcomes(items: readonly RedeemItem[], instance = acs) {
  return (await redeem(instance, items)).map(outcomeOf);
}

describe("a redemption", () => {
  it("is reserved, repeated while it is not confirmed, and confirmed after that", async () => {
    const item = redeemItem(await credential(), "report 1");
    expect(await redeem(acs, [item])).toEqual([{ outcome: "reserved", uses: 1, limit: 4 }]);
    expect(await redeem(acs, [item])).toEqual([{ outcome: "repeated", uses: 1, limit: 4 }]);
    expect((await confirm(acs, [item])).status).toBe(204);
    expect(await redeem(acs, [item])).toEqual([{ outcome: "confirmed", uses: 1, limit: 4 }]);
  });

  it("counts each report once, up to the limit and not beyond", async () => {
    const mine = await credential();
    const items = [1, 2, 3, 4, 5].map((n) => redeemItem(mine, `report ${n}`));
    expect(await outcomes(items)).toEqual([
      "reserved",
      "reserved",
      "reserved",
      "reserved",
      "token_exhausted",
    ]);
    expect(await outcomes(items.slice(0, 1))).toEqual(["repeated"]);
    expect(await acs.metrics.value("redemptions_total", { outcome: "token_exhausted" })).toBe(1);
    expect(await acs.metrics.value("token_uses_count")).toBe(4);
  });

  it("answers a batch in order, each item by itself", async () => {
    const mine = await credential();
    const good = redeemItem(mine, "good");
    const forged = { ...redeemItem(mine, "forged"), mac: toBase64Url(randomBytes(32)) };
    expect(await outcomes([forged, good, { ...good, useCase: "unknown" }, good])).toEqual([
      "credential_invalid",
      "reserved",
      "use_case_unavailable",
      "repeated",
    ]);
  });

  it("serves a large batch", async () => {
    const mine = await credential();
    const items = Array.from({ length: 256 }, (_, n) => redeemItem(mine, `report ${n % 4}`));
    const got = await outcomes(items);
    expect(got.filter((outcome) => outcome === "reserved")).toHaveLength(4);
    expect(got.filter((outcome) => outcome === "repeated")).toHaveLength(252);
  });
});

describe("a batch", () => {
  it("is one write to the counters, and its confirmation another", async () => {
    const writes: string[] = [];
    const { use, confirm: confirmUses } = stores.counters;
    const counters: TestStores["counters"] = {
      ...stores.counters,
      use: (requests) => {
        writes.push(`use ${requests.length}`);
        return use(requests);
      },
      confirm: (requests) => {
        writes.push(`confirm ${requests.length}`);
        return confirmUses(requests);
      },
    };
    const watched = await createInstance({ ...stores, counters }, clock);
    const mine = await credential();
    const items = [1, 2, 3, 4].map((n) => redeemItem(mine, `report ${n}`));
    const forged = { ...redeemItem(mine, "forged"), mac: toBase64Url(randomBytes(32)) };
    await outcomes([...items, forged], watched);
    await confirm(watched, items);
    expect(writes).toEqual(["use 4", "confirm 4"]);
  });
});

describe("an attacker who redeems", () => {
  it("gets nowhere with a random token and MAC, and no counter is created", async () => {
    let used = 0;
    const counting = {
      ...stores.counters,
      use: (requests: Parameters<typeof stores.counters.use>[0]) => {
        used += requests.length;
        return stores.counters.use(requests);
      },
    };
    const watched = await createInstance({ ...stores, counters: counting }, clock);
    const mine = redeemItem(await credential(), "mine");
    const random = { ...mine, token: toBase64Url(randomBytes(32)), mac: toBase64Url(randomBytes(32)) };
    expect(await outcomes([random], watched)).toEqual(["credential_invalid"]);
    expect(used).toBe(0);
    expect(await outcomes([mine], watched)).toEqual(["reserved"]);
    expect(used).toBe(1);
  });

  it("cannot use up a sniffed token", async () => {
    const mine = await credential();
    const forged = Array.from({ length: 100 }, (_, n) => ({
      ...redeemItem(mine, `forged ${n}`),
      mac: toBase64Url(randomBytes(32)),
    }));
    expect(new Set(await outcomes(forged))).toEqual(new Set(["credential_invalid"]));
    expect(await redeem(acs, [redeemItem(mine, "mine")])).toEqual([
      { outcome: "reserved", uses: 1, limit: 4 },
    ]);
  });

  it("cannot move a MAC to another body, use case, key or epoch", async () => {
    await putUseCase(acs, useCaseDocument({ useCase: "calls" }));
    const mine = await credential();
    const next = await credential(1);
    const item = redeemItem(mine, "report");
    expect(
      await outcomes([
        { ...item, transcript: redeemItem(mine, "another").transcript },
        { ...item, useCase: "calls" },
        redeemItem(mine, "report", { useCase: "calls" }),
        { ...item, keyVersion: 2 },
        { ...item, keyVersion: 3 },
        redeemItem({ ...next, epoch: mine.epoch }, "report"),
      ]),
    ).toEqual(Array(6).fill("credential_invalid"));
    expect(await outcomes([item])).toEqual(["reserved"]);
  });

  it("cannot bring a credential of another environment", async () => {
    const theirStores = await openTestStores(clock);
    const staging = await createInstance(theirStores, clock, { config: { environment: "staging" } });
    await putUseCase(staging, useCaseDocument());
    const [theirs] = await fetchCredentials(staging, { nowSeconds: now(), count: 1 });
    await theirStores.close();
    if (theirs === undefined) throw new Error("no credential");
    expect(await outcomes([redeemItem(theirs, "report", { environment: "test" })])).toEqual([
      "credential_invalid",
    ]);
  });

  it("gets one answer for a wrong MAC and for an unknown key, byte for byte", async () => {
    const item = redeemItem(await credential(), "report");
    const [wrongMac, unknownKey] = await redeem(acs, [
      { ...item, mac: toBase64Url(randomBytes(32)) },
      { ...item, keyVersion: 77 },
    ]);
    expect(wrongMac).toEqual(unknownKey);
  });

  it.each([0, 1, 16, 31, 33])("cannot send a MAC of %i bytes", async (length) => {
    const item = { ...redeemItem(await credential(), "report"), mac: toBase64Url(randomBytes(length)) };
    const answer = await call(acs, "POST", ROUTES.redeem, { headers: asService, body: { items: [item] } });
    expect([answer.status, answer.code]).toEqual([400, "malformed_request"]);
    expect(answer.text).not.toContain(item.token);
  });

  it("needs the service's credential", async () => {
    const body = { items: [redeemItem(await credential(), "report")] };
    for (const headers of [
      {},
      { authorization: "Bearer wrong" },
      { authorization: asService.authorization.slice(0, -1) },
    ]) {
      for (const path of [ROUTES.redeem, ROUTES.confirm]) {
        const answer = await call(acs, "POST", path, { headers, body });
        expect([answer.status, answer.code]).toEqual([401, "service_unauthenticated"]);
      }
    }
  });
});

describe("an epoch", () => {
  it("is looked at for each item of a batch, whatever the one before was of", async () => {
    const [mine, next] = [await credential(), await credential(1)];
    const items = [mine, next, mine, next].map((each, index) => redeemItem(each, `report ${index}`));
    expect(await outcomes(items)).toEqual(["reserved", "epoch_expired", "reserved", "epoch_expired"]);
  });

  it("names a token by its own key, also if that was forgotten while the batch gave way to others", async () => {
    const item = redeemItem(await credential(), "report");
    const forged = () => ({ ...item, mac: toBase64Url(randomBytes(32)) });
    const batch = [...Array.from({ length: 48 }, forged), item];
    // Of more epochs than a key remembers.
    const others = [1, 2, 3, 4, 5].map((later) => ({ ...item, epoch: item.epoch + later }));
    const [results] = await Promise.all([outcomes(batch), confirm(acs, others)]);
    expect(results.at(-1)).toBe("reserved");
    expect(await outcomes([item])).toEqual(["repeated"]);
  });

  it("redeems from its start to the end of its grace, and then never again", async () => {
    const next = redeemItem(await credential(1), "report");
    expect(await outcomes([next])).toEqual(["epoch_expired"]);
    const start = next.epoch * DAY_SECONDS;
    advanceTo(start);
    expect(await outcomes([next])).toEqual(["reserved"]);
    advanceTo(start + DAY_SECONDS + 3_599);
    expect(await outcomes([next])).toEqual(["repeated"]);
    advanceTo(start + DAY_SECONDS + 3_600);
    expect(await outcomes([next])).toEqual(["epoch_expired"]);
    await acs.rotationJob();
    // The clock is set back: what was over stays over, since its counters may be gone.
    advanceTo(start + 100);
    const restarted = await createInstance(stores, clock);
    expect(await outcomes([next], restarted)).toEqual(["epoch_expired"]);
  });
});

describe("what is in the way", () => {
  it("a disabled use case redeems nothing, and does again when it is enabled", async () => {
    const item = redeemItem(await credential(), "report");
    await putUseCase(acs, useCaseDocument({ enabled: false }));
    expect(await outcomes([item])).toEqual(["use_case_disabled"]);
    await putUseCase(acs, useCaseDocument({ enabled: true }));
    expect(await outcomes([item])).toEqual(["reserved"]);
  });

  it("counters that are down: 503 with Retry-After, and nothing is answered", async () => {
    const item = redeemItem(await credential(), "report");
    const failing = { ...stores.counters, use: () => Promise.reject(new Error("secret detail")) };
    const broken = await createInstance({ ...stores, counters: failing }, clock);
    const answer = await call(broken, "POST", ROUTES.redeem, { headers: asService, body: { items: [item] } });
    expect([answer.status, answer.code]).toEqual([503, "dependency_unavailable"]);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(answer.text + broken.logLines.join("")).not.toContain("secret detail");
    expect(await outcomes([item])).toEqual(["reserved"]);
  });

  it("a key that cancels out with the public info is reported, and refused like any other", async () => {
    const item = redeemItem(await credential(), "report");
    const { CryptoError } = await import("@dit/crypto-core");
    const poprf = {
      ...acs.context.poprf,
      evaluate: () => {
        throw new CryptoError("inverse");
      },
    };
    const suspicious = await createInstance(stores, clock, { context: { poprf } });
    expect(await outcomes([item], suspicious)).toEqual(["credential_invalid"]);
    expect(suspicious.logLines.join("")).toContain("key.compromise_suspected");
    expect(await suspicious.metrics.value("key_compromise_suspected_total")).toBe(1);
  });

  it("confirming what is not known does no harm", async () => {
    const item = redeemItem(await credential(), "report");
    const strange = { ...item, useCase: "unknown" };
    const future = { ...item, keyVersion: 9 };
    expect((await confirm(acs, [strange, future, item])).status).toBe(204);
    expect(await outcomes([item])).toEqual(["reserved"]);
  });
});
