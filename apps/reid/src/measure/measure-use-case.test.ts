import { afterAll, beforeAll, expect, it } from "vitest";
import { fillWindow, makeUseCase, openTestStores, type TestStores, WINDOW } from "../../test/harness.ts";
import { measureUseCase } from "./measure-use-case.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

it("counts of each field, and of each pair, the people of its own rows, whether values are sampled or not", async () => {
  const integer = { type: "integer", min: 0, max: 2 ** 40 } as const;
  const values = {
    everyone: "person % 4",
    few: "if(person % 2 = 0, person % 8, NULL)",
    many: "if(person % 2 = 0, person, NULL)",
  };
  const fields = Object.fromEntries(Object.keys(values).map((name) => [name, integer]));
  const document = makeUseCase("partial", fields);
  await fillWindow(stores.warehouse, document, { window: WINDOW, people: 20_000, values });
  const entry = { version: 1, document, blockedFields: {} };
  const measured = await measureUseCase(stores.warehouse, entry, WINDOW, { k0: 1n, k1: 2n }, () => true);
  const found = measured.map(({ measurement: { fields, rows, pids, exposedPids, entropyBits } }) => {
    return [fields.join(), rows, Math.round(pids / 1_000), exposedPids.share, Math.round(entropyBits)];
  });
  const half = 10_000;
  expect(found).toEqual([
    ["everyone", 2 * half, 20, 0, 2],
    ["few", half, 10, 0, 2],
    ["many", half, 10, 1, 13],
    ["everyone,few", half, 10, 0, 2],
    ["everyone,many", half, 10, 1, 13],
    ["few,many", half, 10, 1, 13],
  ]);
}, 240_000);
