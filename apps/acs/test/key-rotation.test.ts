import { epochAt, toBase64Url, toHex } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import { createManualClock, type ManualClock } from "@dit/service-kit";
import type { AuditRecord } from "@dit/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyPlan } from "../src/keys/key-plan.ts";
import type { StoredKeyRing } from "../src/keys/key-ring.ts";
import { asAdmin, asService, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials, fetchKeys, keyOfEpoch, outcomeOf, redeem, redeemItem } from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;
const START_SECONDS = 20_500 * DAY_SECONDS + 3_600;

let clock: ManualClock;
let stores: TestStores;
let acs: TestInstance;

beforeEach(async () => {
  clock = createManualClock(START_SECONDS * 1_000);
  stores = await openTestStores(clock);
  acs = await createInstance(stores, clock);
  await putUseCase(acs, useCaseDocument({ primaryKey: { rotationSeconds: MONTH_SECONDS } }));
});
afterEach(() => stores.close());

const now = () => Math.floor(clock.nowMs() / 1_000);

async function ring(): Promise<StoredKeyRing> {
  const stored = await stores.documents.get<StoredKeyRing>("primary-keys", "messaging");
  if (stored === undefined) throw new Error("no ring");
  return stored.value;
}

async function keyPlan(instance = acs): Promise<KeyPlan> {
  return (await call(instance, "GET", ROUTES.keyPlan("messaging"), { headers: asAdmin })).json<KeyPlan>();
}

async function actions(): Promise<string[]> {
  return (await stores.documents.readAudit(0, 1_000)).map((entry) => entry.action);
}

async function oneCredential(epochsAhead = 0) {
  const [first] = await fetchCredentials(acs, { nowSeconds: now(), count: 1, epochsAhead });
  if (first === undefined) throw new Error("no credential");
  return first;
}

describe("a year of rotation", () => {
  it("keeps two keys at most, one for each epoch, publishes each long ahead, and destroys each", async () => {
    const publishedAt = new Map<number, number>();
    const keyOfEachEpoch = new Map<number, number>();
    const sealed = new Map<number, string>();
    for (let hour = 0; hour < 365 * 4; hour++) {
      await acs.rotationJob();
      const { keys } = await ring();
      expect(keys.length).toBeLessThanOrEqual(2);
      for (const key of keys) sealed.set(key.keyVersion, key.sealedSecret);
      const document = await fetchKeys(acs);
      expect(document.keys.length).toBeLessThanOrEqual(2);
      for (const { keyVersion } of document.keys) {
        if (!publishedAt.has(keyVersion)) publishedAt.set(keyVersion, now());
      }
      const epoch = epochAt(now(), DAY_SECONDS);
      for (const each of [epoch, epoch + 1]) {
        const { keyVersion } = keyOfEpoch(document, each);
        expect(keyOfEachEpoch.get(each) ?? keyVersion).toBe(keyVersion);
        keyOfEachEpoch.set(each, keyVersion);
      }
      clock.advance(6 * 3_600 * 1_000);
    }
    expect(new Set(keyOfEachEpoch.values()).size).toBe(13);
    for (const [keyVersion, at] of publishedAt) {
      const used = [...keyOfEachEpoch].find(([, version]) => version === keyVersion);
      if (keyVersion <= 2 || used === undefined) continue;
      expect(used[0] * DAY_SECONDS - at).toBeGreaterThan(28 * DAY_SECONDS);
    }
    const rest = JSON.stringify(await stores.documents.list("primary-keys"));
    const live = new Set((await ring()).keys.map((key) => key.keyVersion));
    for (const [keyVersion, secret] of sealed) expect(rest.includes(secret)).toBe(live.has(keyVersion));
    expect((await actions()).filter((action) => action === "primary_key.destroyed")).toHaveLength(
      sealed.size - 2,
    );
  });

  it("lets tokens of the old key redeem in its last epoch's grace, beside those of the new one", async () => {
    const last = epochAt(now(), DAY_SECONDS) + 29;
    clock.advance((last * DAY_SECONDS - now()) * 1_000);
    await acs.rotationJob();
    const old = await oneCredential();
    const next = await oneCredential(1);
    expect([old.keyVersion, next.keyVersion]).toEqual([1, 2]);
    clock.advance((DAY_SECONDS + 3_000) * 1_000);
    await acs.rotationJob();
    const results = await redeem(acs, [redeemItem(old, "a"), redeemItem(next, "b")]);
    expect(results.map(outcomeOf)).toEqual(["reserved", "reserved"]);
    clock.advance(600 * 1_000);
    await acs.rotationJob();
    expect((await ring()).keys.map((key) => key.keyVersion)).toEqual([2, 3]);
    expect((await redeem(acs, [redeemItem(old, "a")])).map(outcomeOf)).toEqual(["epoch_expired"]);
  });

  it("is done by one of two instances, whoever is first", async () => {
    const other = await createInstance(stores, clock);
    clock.advance(31 * DAY_SECONDS * 1_000);
    await Promise.all([acs.rotationJob(), other.rotationJob()]);
    expect((await ring()).keys.map((key) => key.keyVersion)).toEqual([2, 3]);
    expect((await actions()).filter((action) => action === "primary_key.generated")).toHaveLength(3);
    for (const each of [acs, other]) expect(await each.metrics.value("rotation_failures_total")).toBe(0);
    const [mine] = await fetchCredentials(other, { nowSeconds: now(), count: 1 });
    if (mine === undefined) throw new Error("no credential");
    expect((await redeem(acs, [redeemItem(mine, "report")])).map(outcomeOf)).toEqual(["reserved"]);
  });

  it("goes on after a failure of the store", async () => {
    let isDown = true;
    const documents: TestStores["documents"] = {
      ...stores.documents,
      commit: (commit) => (isDown ? Promise.reject(new Error("down")) : stores.documents.commit(commit)),
    };
    const shaky = await createInstance({ ...stores, documents }, clock);
    clock.advance(31 * DAY_SECONDS * 1_000);
    await shaky.rotationJob();
    expect(await shaky.metrics.value("rotation_failures_total")).toBe(1);
    isDown = false;
    await shaky.rotationJob();
    expect((await ring()).keys.map((key) => key.keyVersion)).toEqual([2, 3]);
  });
});

describe("the metrics of keys", () => {
  const shown = async () => {
    const lines = (await acs.metrics.text()).split("\n");
    return Object.fromEntries(
      lines.flatMap((line) => {
        const [, name = "", value = ""] = /^dit_acs_(\w+)\{use_case="messaging"\} (\S+)$/.exec(line) ?? [];
        return name.includes("key") ? [[name, Number(value)]] : [];
      }),
    );
  };

  it("say how old the key is that issues now, when the next one does, and how many there are", async () => {
    clock.advance(10 * DAY_SECONDS * 1_000);
    await acs.rotationJob();
    const key_age_seconds = 10 * DAY_SECONDS + 3_600;
    expect(await shown()).toEqual({
      key_age_seconds,
      key_time_left_seconds: MONTH_SECONDS - key_age_seconds,
      live_keys: 2,
      unopened_keys: 0,
    });
  });

  it("are gone where no key issues, and of a use case that is switched off", async () => {
    const first = await ring();
    const commit = (value: StoredKeyRing, expectedVersion: number) =>
      stores.documents.commit({
        changes: [{ collection: "primary-keys", key: "messaging", expectedVersion, value: { ...value } }],
      });
    await commit({ ...first, keys: first.keys.slice(1) }, 1);
    await acs.rotationJob();
    expect(Object.keys(await shown())).toEqual(["live_keys", "unopened_keys"]);
    await putUseCase(
      acs,
      useCaseDocument({ primaryKey: { rotationSeconds: MONTH_SECONDS }, enabled: false }),
    );
    await acs.rotationJob();
    expect(await shown()).toEqual({});
  });
});

describe("an early rotation", () => {
  const rotate = (reason: string) =>
    call(acs, "POST", ROUTES.rotateKeys("messaging"), { headers: asAdmin, body: { reason } });

  it("ends the current key with this epoch, and the published next one takes over", async () => {
    const [before] = (await ring()).keys.slice(1);
    const ahead = await oneCredential(1);
    const current = await oneCredential();
    const answer = await rotate("key file seen on a laptop");
    expect(answer.status).toBe(200);
    const boundary = (epochAt(now(), DAY_SECONDS) + 1) * DAY_SECONDS;
    const { keys } = await ring();
    expect(keys.map(({ keyVersion, notBefore, notAfter }) => [keyVersion, notBefore, notAfter])).toEqual([
      [1, START_SECONDS - 3_600, boundary],
      [2, boundary, boundary + MONTH_SECONDS],
    ]);
    expect(keys[1]?.publicKey).toBe(before?.publicKey);
    expect((await redeem(acs, [redeemItem(current, "a")])).map(outcomeOf)).toEqual(["reserved"]);
    expect((await oneCredential(1)).keyVersion).toBe(2);
    clock.advance((boundary - now()) * 1_000);
    const next = await oneCredential();
    const results = await redeem(acs, [
      redeemItem(ahead, "a"),
      redeemItem(next, "b"),
      redeemItem(current, "a"),
    ]);
    expect(results.map(outcomeOf)).toEqual(["credential_invalid", "reserved", "repeated"]);
    clock.advance(3_600 * 1_000);
    await acs.rotationJob();
    expect((await ring()).keys.map((key) => key.keyVersion)).toEqual([2, 3]);
  });

  it("is in the audit with its reason", async () => {
    await rotate("exercise");
    const audit = await call(acs, "GET", `${ROUTES.audit}?after=3`, { headers: asAdmin });
    expect(audit.json<{ entries: AuditRecord[] }>().entries).toMatchObject([
      {
        sequence: 4,
        actor: "operator",
        action: "primary_key.rotated",
        subject: "messaging",
        detail: { fromKeyVersion: 1, toKeyVersion: 2, reason: "exercise" },
      },
    ]);
  });

  it("happens once an epoch, and again when the next key is there", async () => {
    await rotate("first");
    const again = await rotate("second");
    expect([again.status, again.code]).toEqual([409, "version_conflict"]);
    clock.advance(DAY_SECONDS * 1_000);
    await acs.rotationJob();
    expect((await rotate("once the old one is gone")).status).toBe(200);
    clock.advance((DAY_SECONDS - 3_600) * 1_000);
    expect((await rotate("too early: the old key is in its grace")).code).toBe("version_conflict");
  });

  it("needs the administrator and a reason", async () => {
    const path = ROUTES.rotateKeys("messaging");
    const wrong = await call(acs, "POST", path, { headers: asService, body: { reason: "x" } });
    expect([wrong.status, wrong.code]).toEqual([401, "service_unauthenticated"]);
    expect((await call(acs, "POST", path, { headers: asAdmin, body: { reason: " " } })).status).toBe(400);
    const unknown = await call(acs, "POST", ROUTES.rotateKeys("unknown"), {
      headers: asAdmin,
      body: { reason: "x" },
    });
    expect(unknown.status).toBe(404);
  });
});

describe("the key document", () => {
  it("is the same bytes for everyone, with an entity tag that holds until it changes", async () => {
    const path = ROUTES.keys("messaging");
    const first = await call(acs, "GET", path, { headers: { authorization: "Bearer x", cookie: "id=1" } });
    const other = await call(await createInstance(stores, clock), "GET", path);
    expect(other.text).toBe(first.text);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(other.headers.get("etag")).toBe(etag);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const unchanged = await call(acs, "GET", path, { headers: { "if-none-match": tag } });
      expect([unchanged.status, unchanged.text]).toEqual([304, ""]);
    }
    await putUseCase(
      acs,
      useCaseDocument({ primaryKey: { rotationSeconds: MONTH_SECONDS }, usesPerToken: 5 }),
    );
    const changed = await call(acs, "GET", path, { headers: { "if-none-match": etag } });
    expect(changed.status).toBe(200);
  });

  it("may be cached for five minutes, and never past its next change", async () => {
    const maxAge = async () => {
      const { headers } = await call(acs, "GET", ROUTES.keys("messaging"));
      return /^public, max-age=(\d+)$/.exec(headers.get("cache-control") ?? "")?.[1];
    };
    expect(await maxAge()).toBe("300");
    const end = START_SECONDS - 3_600 + MONTH_SECONDS;
    clock.advance((end - 10 - now()) * 1_000);
    expect(await maxAge()).toBe("10");
    clock.advance(10_000);
    expect(await maxAge()).toBe("300");
    clock.advance((3_600 - 40) * 1_000);
    expect(await maxAge()).toBe("40");
  });

  it("lists the key that issues and the one after it, not one whose grace is all that is left", async () => {
    const versions = async () => (await fetchKeys(acs)).keys.map((key) => key.keyVersion);
    expect(await versions()).toEqual([1, 2]);
    clock.advance((MONTH_SECONDS - 3_600) * 1_000);
    await acs.rotationJob();
    expect(await versions()).toEqual([2]);
    clock.advance(3_600 * 1_000);
    await acs.rotationJob();
    expect(await versions()).toEqual([2, 3]);
  });

  it("of an unknown use case is not there", async () => {
    const answer = await call(acs, "GET", ROUTES.keys("unknown"));
    expect([answer.status, answer.code]).toEqual([403, "use_case_unavailable"]);
  });
});

describe("the key plan", () => {
  it("says which key does what, and what comes when", async () => {
    const start = START_SECONDS - 3_600;
    expect(await keyPlan()).toMatchObject({
      useCase: "messaging",
      nowSeconds: START_SECONDS,
      keys: [
        { keyVersion: 1, state: "current", notBefore: start, destroyAt: start + MONTH_SECONDS + 3_600 },
        { keyVersion: 2, state: "next", notBefore: start + MONTH_SECONDS },
      ],
      generateAt: start + MONTH_SECONDS + 3_600,
    });
    clock.advance((MONTH_SECONDS - 3_600) * 1_000);
    expect((await keyPlan()).keys.map((key) => key.state)).toEqual(["ending", "current"]);
    expect((await call(acs, "GET", ROUTES.keyPlan("messaging"))).status).toBe(401);
  });

  it("shows no secret, sealed or open", async () => {
    const text = JSON.stringify(await keyPlan());
    for (const { sealedSecret } of (await ring()).keys) expect(text).not.toContain(sealedSecret);
  });
});

describe("secrets", () => {
  it("rest sealed only: they are in no document and no file", async () => {
    const secrets: Uint8Array[] = [];
    const { poprf } = acs.context;
    const generateKeyPair = () => {
      const pair = poprf.generateKeyPair();
      secrets.push(pair.secretKey.slice());
      return pair;
    };
    const accountKeys: Uint8Array[] = [];
    const randomBytes = (length: number) => {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      accountKeys.push(bytes.slice());
      return bytes;
    };
    const watched = await createInstance(stores, clock, {
      context: { poprf: { ...poprf, generateKeyPair }, randomBytes },
    });
    await putUseCase(watched, useCaseDocument({ useCase: "calls" }));
    await fetchCredentials(watched, { nowSeconds: now(), count: 1, useCase: "calls" });
    expect([secrets.length, accountKeys.length]).toEqual([2, 1]);
    const bytes = await stores.everything();
    const published = (await fetchKeys(watched, "calls")).keys[0]?.publicKey ?? "";
    expect(bytes.includes(published), "the search finds what is there").toBe(true);
    for (const secret of [...secrets, ...accountKeys]) {
      for (const form of [
        secret,
        toBase64Url(secret),
        toHex(secret),
        Buffer.from(secret).toString("base64"),
      ]) {
        expect(bytes.includes(Buffer.from(form))).toBe(false);
      }
    }
  });

  it("are overwritten in memory once their key is destroyed", async () => {
    const opened: Uint8Array[] = [];
    const { sealer } = acs.context;
    const open: typeof sealer.open = async (...given) => {
      const plain = await sealer.open(...given);
      opened.push(plain);
      return plain;
    };
    const watched = await createInstance(stores, clock, { context: { sealer: { ...sealer, open } } });
    await watched.rotationJob();
    expect(opened).toHaveLength(2);
    clock.advance((MONTH_SECONDS + 1) * 1_000);
    await watched.rotationJob();
    expect(opened.map((secret) => secret.every((byte) => byte === 0))).toEqual([true, false, false]);
    watched.close();
    expect(opened.every((secret) => secret.every((byte) => byte === 0))).toBe(true);
  });

  it("do not open under another key-encryption key: ACS says so, and issues nothing", async () => {
    const { createSealer } = await import("@dit/crypto-core");
    const wrong = await createInstance(stores, clock, {
      context: { sealer: await createSealer(new Uint8Array(32).fill(9)) },
    });
    await expect(wrong.check()).rejects.toMatchObject({ code: "unseal_failed" });
    expect((await call(wrong, "GET", ROUTES.keys("messaging"))).status).toBe(503);
    const before = await ring();
    clock.advance((MONTH_SECONDS + 3_600) * 1_000 - 7_200_000);
    await expect(wrong.rotationJob()).rejects.toMatchObject({ code: "unseal_failed" });
    expect(await ring(), "nothing is made with the wrong key").toEqual(before);
  });

  it("do not open in another place: a key carried over from another use case is refused", async () => {
    await putUseCase(acs, useCaseDocument({ useCase: "calls" }));
    const theirs = await stores.documents.get<StoredKeyRing>("primary-keys", "calls");
    await stores.documents.commit({
      changes: [{ collection: "primary-keys", key: "messaging", expectedVersion: 1, value: theirs?.value }],
    });
    const fooled = await createInstance(stores, clock);
    await fooled.check();
    expect(fooled.impaired()).toEqual(["messaging"]);
    expect((await call(fooled, "GET", ROUTES.keys("messaging"))).status).toBe(503);
  });

  it("must be those of the published key: or every client's check of the proof would fail", async () => {
    const { keys, ...rest } = await ring();
    const swapped = keys.map((key, n) => ({ ...key, publicKey: keys[1 - n]?.publicKey ?? "" }));
    await stores.documents.commit({
      changes: [
        {
          collection: "primary-keys",
          key: "messaging",
          expectedVersion: 1,
          value: { ...rest, keys: swapped },
        },
      ],
    });
    const fooled = await createInstance(stores, clock);
    await expect(fooled.check()).rejects.toMatchObject({ code: "unseal_failed" });
  });

  it("of an epoch's accounts are destroyed with the epoch", async () => {
    await oneCredential();
    await oneCredential(1);
    expect(await stores.documents.list("account-keys")).toHaveLength(2);
    clock.advance(DAY_SECONDS * 1_000);
    await acs.rotationJob();
    const [left] = await stores.documents.list("account-keys");
    expect(left?.key).toBe(`messaging/${epochAt(now(), DAY_SECONDS)}`);
    expect((await actions()).filter((action) => action === "account_key.destroyed")).toHaveLength(1);
  });
});
