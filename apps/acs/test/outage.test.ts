import { ROUTES } from "@dit/protocol";
import { createManualClock } from "@dit/service-kit";
import type { Counters, Documents } from "@dit/storage";
import { afterEach, expect, it } from "vitest";
import { call, putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials, redeem, redeemItem } from "./support/client.ts";
import { createInstance } from "./support/instance.ts";
import { openTestStores, type TestStores } from "./support/stores.ts";

const NOW_SECONDS = 1_771_200_000;
const clock = createManualClock(NOW_SECONDS * 1_000);
let stores: TestStores;
afterEach(() => stores.close());

async function start() {
  stores = await openTestStores(clock);
  const down = { counters: false, documents: false };
  const unless = async <T>(store: keyof typeof down, run: () => Promise<T>): Promise<T> => {
    if (down[store]) throw Object.assign(new Error("secret detail"), { code: "ECONNREFUSED" });
    return run();
  };
  const counters: Counters = {
    ...stores.counters,
    use: (requests) => unless("counters", () => stores.counters.use(requests)),
  };
  const documents: Documents = {
    ...stores.documents,
    list: (collection) => unless("documents", () => stores.documents.list(collection)),
  };
  const acs = await createInstance({ counters, documents }, clock);
  await putUseCase(acs, useCaseDocument());
  const outages = () =>
    acs.logLines
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event.startsWith("dependency."))
      .map(({ level, event, dependency, reason }) => [level, event, dependency, reason]);
  return { acs, down, outages };
}

it("of the counters is one line when it begins and one when it ends, however many it refuses", async () => {
  const { acs, down, outages } = await start();
  const [credential] = await fetchCredentials(acs, { nowSeconds: NOW_SECONDS, count: 1 });
  if (credential === undefined) throw new Error("no credential");
  const report = redeemItem(credential, "report");
  down.counters = true;
  for (let n = 0; n < 3; n++) await expect(redeem(acs, [report])).rejects.toThrow("dependency_unavailable");
  expect(outages()).toEqual([["error", "dependency.failed", "counters", "ECONNREFUSED"]]);
  const labels = { dependency: "counters", reason: "ECONNREFUSED" };
  expect(await acs.metrics.value("dependency_failures_total", labels)).toBe(3);
  down.counters = false;
  for (let n = 0; n < 3; n++) await redeem(acs, [report]);
  expect(outages().slice(1)).toEqual([["info", "dependency.recovered", "counters", undefined]]);
});

it("of the documents is one too, and one store's outage is not the other's", async () => {
  const { acs, down, outages } = await start();
  down.documents = true;
  for (let n = 0; n < 3; n++) {
    clock.advance(2_000);
    expect((await call(acs, "GET", ROUTES.keys("messaging"))).code).toBe("dependency_unavailable");
  }
  await acs.context.counters.check();
  expect(outages()).toEqual([["error", "dependency.failed", "documents", "ECONNREFUSED"]]);
  down.documents = false;
  expect((await call(acs, "GET", ROUTES.keys("messaging"))).status).toBe(200);
  expect(outages().slice(1)).toEqual([["info", "dependency.recovered", "documents", undefined]]);
});
