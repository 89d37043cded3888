import { epochAt } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument, UseCaseList } from "@dit/protocol/schemas";
import { createManualClock, type ManualClock } from "@dit/service-kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { KeyPlan } from "../src/keys/key-plan.ts";
import type { StoredKey, StoredKeyRing } from "../src/keys/key-ring.ts";
import { asAdmin, asService, call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { confirm, fetchCredentials, outcomeOf, postTokens, redeem, redeemItem } from "./support/client.ts";
import { createInstance, type TestInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

/** One use case's record is damaged; another one's is not. */
const DAMAGED = "messaging";
const WHOLE = "calls";
const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;
const START_SECONDS = 20_500 * DAY_SECONDS + 3_600;

let clock: ManualClock;
let stores: TestStores;
/** Has the keys in memory from before. */
let before: TestInstance;
/** Started after the damage. */
let acs: TestInstance;

beforeEach(async () => {
  clock = createManualClock(START_SECONDS * 1_000);
  stores = await openTestStores(clock);
  before = await createInstance(stores, clock);
  for (const useCase of [DAMAGED, WHOLE]) {
    await putUseCase(before, useCaseDocument({ useCase, primaryKey: { rotationSeconds: MONTH_SECONDS } }));
  }
  acs = await createInstance(stores, clock);
});
afterEach(() => stores.close());

const now = () => Math.floor(clock.nowMs() / 1_000);

async function ring(useCase = DAMAGED): Promise<StoredKeyRing> {
  const stored = await stores.documents.get<StoredKeyRing>("primary-keys", useCase);
  if (stored === undefined) throw new Error("no ring");
  return stored.value;
}

async function changeKey(index: number, change: (key: StoredKey) => StoredKey): Promise<void> {
  const stored = await stores.documents.get<StoredKeyRing>("primary-keys", DAMAGED);
  if (stored === undefined) throw new Error("no ring");
  const keys = stored.value.keys.map((key, n) => (n === index ? change(key) : key));
  await stores.documents.commit({
    changes: [
      {
        collection: "primary-keys",
        key: DAMAGED,
        expectedVersion: stored.version,
        value: { ...stored.value, keys },
      },
    ],
  });
}

const CURRENT = 0;
const NEXT = 1;
const damage = (index: number) => changeKey(index, (key) => ({ ...key, sealedSecret: "AAAA" }));

async function credentialOf(instance: TestInstance, useCase: string) {
  const [credential] = await fetchCredentials(instance, { nowSeconds: now(), count: 1, useCase });
  if (credential === undefined) throw new Error("no credential");
  return credential;
}

function linesOf({ logLines }: TestInstance, event: string) {
  return logLines.map((line) => JSON.parse(line)).filter((line) => line.event === event);
}

it("stops what needs that key, with 503, and nothing else", async () => {
  const items = await Promise.all(
    [DAMAGED, WHOLE].map(async (useCase) =>
      redeemItem(await credentialOf(before, useCase), "report", { useCase }),
    ),
  );
  await damage(CURRENT);
  const keys = await call(acs, "GET", ROUTES.keys(DAMAGED));
  expect([keys.status, keys.code]).toEqual([503, "dependency_unavailable"]);
  const body = { keyVersion: 1, epoch: epochAt(now(), DAY_SECONDS), blinded: [`${"A".repeat(42)}E`] };
  const tokens = await postTokens(acs, body);
  expect([tokens.status, tokens.code]).toEqual([503, "dependency_unavailable"]);
  expect((await redeem(acs, items)).map(outcomeOf)).toEqual(["dependency_unavailable", "reserved"]);
  expect((await confirm(acs, items)).status).toBe(204);
  expect((await call(acs, "GET", ROUTES.keys(WHOLE))).status).toBe(200);
  await credentialOf(acs, WHOLE);
  const list = await call(acs, "GET", ROUTES.useCases, { headers: asService });
  expect(
    list
      .json<UseCaseList>()
      .useCases.map(({ document }) => document.useCase)
      .sort(),
  ).toEqual([WHOLE, DAMAGED]);
});

it("leaves an instance alone that has opened the key before", async () => {
  await damage(CURRENT);
  await before.rotationJob();
  await credentialOf(before, DAMAGED);
  expect(before.impaired()).toEqual([]);
});

it("of a key that does not issue yet stops nothing now", async () => {
  await damage(NEXT);
  const credential = await credentialOf(acs, DAMAGED);
  const [redeemed] = await redeem(acs, [redeemItem(credential, "report", { useCase: DAMAGED })]);
  expect(outcomeOf(redeemed)).toBe("reserved");
  const { keys } = (await call(acs, "GET", ROUTES.keys(DAMAGED))).json<KeyDocument>();
  expect(keys.map((key) => key.keyVersion)).toEqual([1]);
  const plan = await call(acs, "GET", ROUTES.keyPlan(DAMAGED), { headers: asAdmin });
  expect(plan.json<KeyPlan>().keys.map((key) => key.state)).toEqual(["current", "next"]);
  expect(acs.impaired()).toEqual([DAMAGED]);
});

it("is logged once, named by readiness and counted, and so is its end", async () => {
  const sealedSecret = (await ring()).keys[CURRENT]?.sealedSecret ?? "";
  await damage(CURRENT);
  for (let turn = 0; turn < 3; turn++) {
    await acs.rotationJob();
    await acs.check();
  }
  expect(acs.impaired()).toEqual([DAMAGED]);
  expect(linesOf(acs, "primary_key.not_opened")).toMatchObject([
    { level: "error", useCase: DAMAGED, keyVersion: 1, code: "unseal_failed" },
  ]);
  expect(await acs.metrics.text()).toContain(`dit_acs_unopened_keys{use_case="${DAMAGED}"} 1`);
  expect(await acs.metrics.text()).toContain(`dit_acs_unopened_keys{use_case="${WHOLE}"} 0`);
  await changeKey(CURRENT, (key) => ({ ...key, sealedSecret }));
  await acs.rotationJob();
  expect(acs.impaired()).toEqual([]);
  expect(linesOf(acs, "primary_key.recovered")).toMatchObject([{ useCase: DAMAGED, keyVersion: 1 }]);
  expect(await acs.metrics.text()).toContain(`dit_acs_unopened_keys{use_case="${DAMAGED}"} 0`);
  await credentialOf(acs, DAMAGED);
});

it("keeps its record until its time, and the others' keys go on", async () => {
  await damage(CURRENT);
  const damaged = await ring();
  await acs.rotationJob();
  expect(await ring()).toEqual(damaged);
  clock.advance((MONTH_SECONDS - 3_600) * 1_000);
  await acs.rotationJob();
  expect((await ring()).keys, "its grace is not over").toEqual(damaged.keys);
  await credentialOf(acs, DAMAGED);
  clock.advance(3_600 * 1_000);
  await acs.rotationJob();
  for (const useCase of [DAMAGED, WHOLE]) {
    expect((await ring(useCase)).keys.map((key) => key.keyVersion)).toEqual([2, 3]);
    await credentialOf(acs, useCase);
  }
  expect(acs.impaired()).toEqual([]);
});

it("of all of a use case's keys still leaves the others theirs", async () => {
  await damage(CURRENT);
  await damage(NEXT);
  await acs.check();
  clock.advance((MONTH_SECONDS + 1) * 1_000);
  await acs.rotationJob();
  expect((await ring(WHOLE)).keys.map((key) => key.keyVersion)).toEqual([2, 3]);
  await credentialOf(acs, WHOLE);
});
