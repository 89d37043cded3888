import { afterAll, beforeAll, expect, it } from "vitest";
import { detectFaults } from "./detect.ts";
import { openTestStores, type TestStores } from "./harness.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

it("finds every planted fault within one window, and stops nothing that is clean", async () => {
  const { planted, ...found } = await detectFaults(stores, 1, 5_000);
  expect(planted).toBe(30);
  expect(found).toEqual({ missed: [], falselyBlocked: [] });
}, 240_000);
