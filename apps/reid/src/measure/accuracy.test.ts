import { afterAll, beforeAll, expect, it } from "vitest";
import { compareTables } from "../../test/accuracy.ts";
import { openTestStores, type TestStores } from "../../test/harness.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

it("is exact where all values are kept, and within three standard errors where they are sampled", async () => {
  const comparisons = await compareTables(stores.warehouse, 1, 10);
  expect(new Set(comparisons.map(({ sampled }) => sampled)).size).toBe(2);
  expect(comparisons.filter(({ deviations }) => deviations > 3)).toEqual([]);
}, 240_000);
