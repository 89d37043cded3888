import type { Warehouse, WarehouseInsert } from "@dit/storage";
import { describe, expect, it } from "vitest";
import {
  append,
  countRows,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  runUntilDrained,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

/** opened, failed, ledger */
const INSERTS_PER_BATCH = 3;
const nthInserts = Array.from({ length: INSERTS_PER_BATCH }, (_, index) => index + 1);

async function prepare() {
  const ports = await stores.open();
  const { useCase, ...document } = makeUseCase();
  const acs = await createTestAcs({ useCase, ...document });
  await append(ports.eventLog, [
    makeReport(useCase),
    makeReport(useCase),
    makeReport("a_stranger", { events: [] }),
  ]);
  const counts = async () => {
    const events = ["opened", "failed"].map((event) =>
      countRows(stores.warehouse, `dit.${useCase}__${event}`),
    );
    const [partition] = await ports.eventLog.progress("reports", "sink");
    const ledger = countRows(stores.warehouse, `dit.sink_ledger WHERE topic_id = '${partition?.topicId}'`);
    return await Promise.all([...events, ledger]);
  };
  return { ports, acs, useCase, counts };
}

describe("an insert whose outcome is unknown", () => {
  it.each(nthInserts)("may take effect after it was tried again: insert %i", async (n) => {
    const { ports, acs, counts } = await prepare();
    let inserts = 0;
    let late: WarehouseInsert | undefined;
    const insert: Warehouse["insert"] = async (batch) => {
      inserts += 1;
      if (inserts === n) {
        late = batch;
        throw new Error("timeout");
      }
      if (late !== undefined) await ports.warehouse.insert(late);
      late = undefined;
      await ports.warehouse.insert(batch);
    };
    const test = await createTestSink({ ...ports, warehouse: { ...ports.warehouse, insert } }, acs.directory);
    await runUntilDrained(ports, test);
    expect(await counts()).toEqual([2, 2, 1]);
  });

  it.each(nthInserts)("may lie so far back that the engine has forgotten its token: insert %i", async (n) => {
    const { ports, acs, counts } = await prepare();
    let inserts = 0;
    const insert: Warehouse["insert"] = async (batch) => {
      inserts += 1;
      await ports.warehouse.insert({
        ...batch,
        deduplicationToken: `${batch.deduplicationToken}:${inserts}`,
      });
      if (inserts === n) throw new Error("connection reset");
    };
    const test = await createTestSink({ ...ports, warehouse: { ...ports.warehouse, insert } }, acs.directory);
    await runUntilDrained(ports, test);
    expect(await counts()).toEqual([2, 2, 1]);
  });
});

describe("a batch of which one insert fails while another is under way", () => {
  it("is tried again only after that has ended", async () => {
    const { ports, acs, useCase, counts } = await prepare();
    const slow = Promise.withResolvers<void>();
    const heard: string[] = [];
    const insert: Warehouse["insert"] = async (batch) => {
      const event = batch.table.replace(`dit.${useCase}__`, "");
      if (event === "failed" && !heard.includes("failed: refused")) {
        heard.push("failed: refused");
        setTimeout(slow.resolve, 300);
        throw new Error("connection reset");
      }
      if (event === "opened" && !heard.includes("opened: stored")) {
        await slow.promise;
        heard.push("opened: stored");
      } else if (event === "failed") {
        heard.push("failed: stored");
      }
      await ports.warehouse.insert(batch);
    };
    const test = await createTestSink({ ...ports, warehouse: { ...ports.warehouse, insert } }, acs.directory);
    await runUntilDrained(ports, test);
    expect(heard).toEqual(["failed: refused", "opened: stored", "failed: stored"]);
    expect(await counts()).toEqual([2, 2, 1]);
  });
});

describe("tables that are gone when a batch is to be stored", () => {
  it("are made again, by the same life and by the next", async () => {
    const { ports, acs, useCase, counts } = await prepare();
    let away = true;
    const insert: Warehouse["insert"] = async (batch) => {
      if (away) throw new Error("connection refused");
      await ports.warehouse.insert(batch);
    };
    const options = { ...ports, warehouse: { ...ports.warehouse, insert } };
    const first = await createTestSink(options, acs.directory);
    await first.sink.start();
    await until(async () => (await first.metrics.value("batch_failures_total")) > 0);
    await first.sink.stop();
    await ports.warehouse.command(`DROP TABLE dit.${useCase}__opened SYNC`);

    const second = await createTestSink(options, acs.directory);
    await second.sink.start();
    await until(async () => (await second.metrics.value("batch_failures_total")) > 0);
    await ports.warehouse.command(`DROP TABLE dit.${useCase}__failed SYNC`);
    away = false;
    await drained(ports);
    await second.sink.stop();
    expect(await counts()).toEqual([2, 2, 1]);
  });
});
