import { createManualClock } from "@dit/service-kit";
import { afterEach, expect, test } from "vitest";
import { asAccount, putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials, postTokens, redeem, redeemItem } from "./support/client.ts";
import { createInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const NOW_SECONDS = 1_771_200_000;
const clock = createManualClock(NOW_SECONDS * 1_000);
/** More than are let in before anything is known. */
const REQUESTS = 40;
let stores: TestStores;
afterEach(() => stores.close());

test("issuing that is full refuses before it reads or evaluates, leaves redeeming alone, and ends with its cause", async () => {
  stores = await openTestStores(clock);
  let gate: PromiseWithResolvers<void> | undefined;
  const counters = {
    ...stores.counters,
    take: async (...request: Parameters<typeof stores.counters.take>) => {
      await gate?.promise;
      return await stores.counters.take(...request);
    },
  };
  const acs = await createInstance({ counters, documents: stores.documents }, clock);
  await putUseCase(acs, useCaseDocument());
  const [credential] = await fetchCredentials(acs, { nowSeconds: NOW_SECONDS, count: 1 });
  if (credential === undefined) throw new Error("no credential");

  gate = Promise.withResolvers();
  const running = Array.from({ length: REQUESTS }, (_, account) =>
    fetchCredentials(acs, { nowSeconds: NOW_SECONDS, count: 1 }).then(
      () => account,
      () => undefined,
    ),
  );
  const shed = () => acs.metrics.value("requests_shed_total", { operation: "issue" });
  await expect.poll(shed).toBeGreaterThan(0);
  // Not even JSON: nobody has looked.
  const refused = await postTokens(acs, "{");
  expect([refused.status, refused.code, refused.headers.get("retry-after")]).toEqual([
    503,
    "overloaded",
    "1",
  ]);
  expect(await redeem(acs, [redeemItem(credential, "report")])).toMatchObject([{ outcome: "reserved" }]);

  gate.resolve();
  await Promise.all(running);
  await fetchCredentials(acs, { nowSeconds: NOW_SECONDS, count: 1, headers: asAccount("bob") });
});
