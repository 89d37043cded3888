import { createManualClock } from "@dit/service-kit";
import { expect, it } from "vitest";
import { putUseCase, useCaseDocument } from "./support/calls.ts";
import { fetchCredentials, outcomeOf, redeem, redeemItem } from "./support/client.ts";
import { createInstance } from "./support/instance.ts";
import { openTestStores } from "./support/stores.ts";

const NOW_SECONDS = 1_771_200_000;

it("200 parallel uses of one token over two instances: exactly 64 are counted", async () => {
  const clock = createManualClock(NOW_SECONDS * 1_000);
  const stores = await openTestStores(clock);
  const [one, two] = [await createInstance(stores, clock), await createInstance(stores, clock)];
  await putUseCase(one, useCaseDocument({ usesPerToken: 64 }));
  const [mine] = await fetchCredentials(two, { nowSeconds: NOW_SECONDS, count: 1 });
  if (mine === undefined) throw new Error("no credential");
  const items = Array.from({ length: 200 }, (_, n) => redeemItem(mine, `report ${n}`));
  const batches = Array.from({ length: 40 }, (_, n) => items.slice(5 * n, 5 * n + 5));
  const answers = await Promise.all(batches.map((batch, n) => redeem(n % 2 === 0 ? one : two, batch)));
  const outcomes = answers.flat().map(outcomeOf);
  expect(outcomes.filter((outcome) => outcome === "reserved")).toHaveLength(64);
  expect(outcomes.filter((outcome) => outcome === "token_exhausted")).toHaveLength(136);
  const again = await redeem(two, items);
  expect(again.map(outcomeOf)).toEqual(outcomes.map((each) => (each === "reserved" ? "repeated" : each)));
  await stores.close();
});
