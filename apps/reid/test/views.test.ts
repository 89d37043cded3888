import type { UseCase } from "@dit/protocol/schemas";
import { createLogger } from "@dit/service-kit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { carryOutClearings } from "../src/monitor/carry-out-clearings.ts";
import {
  createTestMonitor,
  fillWindow,
  makeUseCase,
  openTestStores,
  type TestStores,
  WINDOW,
} from "./harness.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

const PEOPLE = 2_000;
const text = { type: "string", maxLength: 99 } as const;

/** A filled table, and a view over it of its own kind: the sink makes them so. */
async function fill(useCase: string): Promise<UseCase> {
  const document = makeUseCase(useCase, { serial: text, model: text });
  const values = { serial: "toString(person)", model: "toString(person % 3)" };
  await fillWindow(stores.warehouse, document, { window: WINDOW, people: PEOPLE, values });
  await stores.warehouse.command("CREATE DATABASE IF NOT EXISTS dit_views");
  await stores.warehouse.command(`CREATE VIEW dit_views.${useCase}__sent DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT if(has({by:Array(String)}, 'serial'), t.serial, t.model) AS value, uniqExact(t.pid) AS clients
FROM dit.${useCase}__sent AS t GROUP BY value`);
  return document;
}

it("the monitor measures tables, and no view of them", async () => {
  const document = await fill("measured");
  const monitor = await createTestMonitor(stores, [document]);
  await monitor.run();
  const scores = await stores.warehouse.query(
    "SELECT event, fields, pids FROM dit.reid_scores WHERE use_case = 'measured' AND length(fields) = 1 ORDER BY fields",
  );
  expect(scores.map((score) => ({ ...(score as object), pids: 0 }))).toEqual(
    ["model", "serial"].map((field) => ({ event: "sent", fields: [field], pids: 0 })),
  );
});

it("a field is cleared under the view of its table, which shows nothing of it then", async () => {
  const document = await fill("cleared");
  const logger = createLogger({ service: "reid", write: () => undefined });
  const clearings = [{ event: "sent", field: "serial", by: "ann", reason: "r", sinceSeconds: 1 }];
  const acs = {
    fieldPolicy: async () => ({ version: 1, policy: { blocks: [], overrides: [], clearings } }),
    decideField: () => Promise.reject(new Error()),
  };
  const entry = { version: 1, document, blockedFields: {} };
  const found = await carryOutClearings({ warehouse: stores.warehouse, logger, acs }, entry, {});
  expect(found).toEqual({ cleared: { "sent.serial": 1 }, failure: undefined });
  const shown = (by: string) =>
    stores.warehouse.query(`SELECT value, clients FROM dit_views.cleared__sent(by = [${by}]) ORDER BY value`);
  expect(await shown("'serial'")).toEqual([{ value: null, clients: PEOPLE }]);
  expect(await shown("")).toHaveLength(3);
});
