import { createLogger } from "@dit/service-kit";
import type { Warehouse } from "@dit/storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fillWindow, makeUseCase, openTestStores, type TestStores, WINDOW } from "../../test/harness.ts";
import { carryOutClearings } from "./carry-out-clearings.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

const integer = { type: "integer", min: 0, max: 9_999 } as const;
const document = makeUseCase("shop", { serial: integer, model: integer });
const entry = { version: 1, document, blockedFields: {} };
const order = (sinceSeconds: number) => ({
  event: "sent",
  field: "serial",
  by: "ann",
  reason: "r",
  sinceSeconds,
});

async function clear(
  orders: ReturnType<typeof order>[],
  cleared = {},
  warehouse: Warehouse = stores.warehouse,
) {
  const log: string[] = [];
  const policy = { blocks: [], overrides: [], clearings: orders };
  const context = {
    warehouse,
    logger: createLogger({ service: "reid", write: (line) => log.push(line) }),
    acs: {
      fieldPolicy: async () => ({ version: 1, policy }),
      decideField: () => Promise.reject(new Error()),
    },
  };
  return { ...(await carryOutClearings(context, entry, cleared)), log };
}

async function fill(window: number) {
  await fillWindow(stores.warehouse, document, {
    window,
    people: 100,
    values: { serial: "person", model: "person % 3" },
  });
}

async function values() {
  const [row] = await stores.warehouse.query<{ serial: number; model: number }>(
    "SELECT count(serial) AS serial, count(model) AS model FROM dit.shop__sent",
  );
  return { serial: Number(row?.serial), model: Number(row?.model) };
}

it("removes the field's values of every day and nothing else, once for each order", async () => {
  await fill(WINDOW - 1);
  await fill(WINDOW);
  expect(await values()).toEqual({ serial: 200, model: 200 });
  const first = await clear([order(1)]);
  expect(first).toMatchObject({ cleared: { "sent.serial": 1 }, failure: undefined });
  expect(first.log.join()).toContain('"count":200');
  expect(await values()).toEqual({ serial: 0, model: 200 });
  await fill(WINDOW);
  expect((await clear([order(1)], first.cleared)).log).toEqual([]);
  expect(await values()).toEqual({ serial: 100, model: 300 });
  expect(await clear([order(2)], first.cleared)).toMatchObject({ cleared: { "sent.serial": 2 } });
  expect(await values()).toEqual({ serial: 0, model: 300 });
});

it("is not done as long as a value is left", async () => {
  await fill(WINDOW);
  const late: Warehouse = {
    ...stores.warehouse,
    async command(sql) {
      await stores.warehouse.command(sql);
      await fill(WINDOW);
    },
  };
  const found = await clear([order(3)], {}, late);
  expect(found).toMatchObject({ cleared: {}, failure: { code: "values_left" } });
  expect(found.log.join()).toContain("field.not_cleared");
  expect(await clear([order(3)])).toMatchObject({ cleared: { "sent.serial": 3 }, failure: undefined });
  expect(await values()).toMatchObject({ serial: 0 });
});

it("goes on where ACS cannot be asked, and says so", async () => {
  const logger = createLogger({ service: "reid", write: () => {} });
  const acs = {
    fieldPolicy: () => Promise.reject(new Error("down")),
    decideField: () => Promise.reject(new Error()),
  };
  const found = await carryOutClearings({ ...stores, logger, acs }, entry, { "sent.serial": 3 });
  expect(found).toMatchObject({ cleared: { "sent.serial": 3 }, failure: { message: "down" } });
});
