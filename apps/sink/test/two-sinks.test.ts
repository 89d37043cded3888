import type { Warehouse } from "@dit/storage";
import { describe, expect, it } from "vitest";
import {
  append,
  countRows,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  opened,
  type Ports,
  runUntilDrained,
  type TestAcs,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

async function engineOf(useCase: string): Promise<string> {
  const [row] = await stores.warehouse.query<{ engine: string }>(
    "SELECT engine_full AS engine FROM system.tables WHERE database = 'dit' AND name = {table:String}",
    { table: `${useCase}__opened` },
  );
  return row?.engine ?? "";
}

async function storeOne(ports: Ports, acs: TestAcs, useCase: string, fields = {}, schemaVersion = 1) {
  await append(ports.eventLog, [makeReport(useCase, { schemaVersion, events: [opened(fields)] })]);
  const test = await createTestSink(ports, acs.directory);
  await runUntilDrained(ports, test);
  return test;
}

/** The same ports, with a warehouse whose first command that matches waits until it is let go. */
function holding(ports: Ports, pattern: RegExp) {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let isHeld = false;
  const command: Warehouse["command"] = async (sql, ...rest) => {
    if (!isHeld && pattern.test(sql)) {
      isHeld = true;
      reached.resolve();
      await release.promise;
    }
    await ports.warehouse.command(sql, ...rest);
  };
  const held: Ports = { ...ports, warehouse: { ...ports.warehouse, command } };
  return { held, reached: reached.promise, release: release.resolve };
}

function retaining(useCase: string, retentionDays: number, fields: object = {}) {
  const document = makeUseCase({ useCase, retentionDays });
  const all = { ...document.events.opened?.fields, ...fields };
  return { ...document, events: { opened: { ...document.events.opened, fields: all } } } as typeof document;
}

describe("two sinks that share a warehouse", () => {
  it("make the same tables at the same time, and store everything", async () => {
    const pair = await stores.openPair();
    const useCases = Array.from({ length: 4 }, () => makeUseCase());
    const acs = await createTestAcs(...useCases);
    const tests = await Promise.all(pair.map((ports) => createTestSink(ports, acs.directory)));
    for (const ports of pair)
      await append(
        ports.eventLog,
        useCases.map(({ useCase }) => makeReport(useCase)),
      );
    await Promise.all(tests.map(({ sink }) => sink.start()));
    await Promise.all(pair.map((ports) => drained(ports)));
    await Promise.all(tests.map(({ sink }) => sink.stop()));
    for (const { useCase } of useCases) {
      expect(await countRows(stores.warehouse, `dit.${useCase}__opened`)).toBe(2);
    }
  });

  it("do not take tables back to a version that one of them hears of later", async () => {
    const [early, late] = await stores.openPair();
    const { useCase } = makeUseCase();
    const stale = await createTestAcs(retaining(useCase, 7));
    const fresh = await createTestAcs(retaining(useCase, 7));
    await fresh.publish(retaining(useCase, 30, { theme: { type: "string", maxLength: 9 } }));
    await storeOne(early, fresh, useCase, { theme: "dark" }, 2);
    await storeOne(late, stale, useCase);
    expect(await engineOf(useCase)).toContain("toIntervalDay(30)");
    await stores.warehouse.query(`SELECT theme FROM dit_views.${useCase}__opened(by = ['theme'])`);
    expect(await countRows(stores.warehouse, `dit.${useCase}__opened`)).toBe(2);
  });

  it("put right what one undid that was overtaken while it changed the tables", async () => {
    const [slow, quick] = await stores.openPair();
    const { useCase } = makeUseCase();
    const acs = await createTestAcs(retaining(useCase, 7));
    await storeOne(quick, acs, useCase);
    await acs.publish(retaining(useCase, 14));
    const { held, reached, release } = holding(slow, /MODIFY TTL/);
    const delayed = storeOne(held, acs, useCase, {}, 2);
    await reached;
    await acs.publish(retaining(useCase, 30));
    await storeOne(quick, acs, useCase, {}, 3);
    expect(await engineOf(useCase)).toContain("toIntervalDay(30)");
    release();
    await delayed;
    expect(await engineOf(useCase)).toContain("toIntervalDay(30)");
  });

  it("agree on a column's type when both add it, of different versions", async () => {
    const [slow, quick] = await stores.openPair();
    const { useCase } = makeUseCase();
    const words = await createTestAcs(retaining(useCase, 7));
    const numbers = await createTestAcs(retaining(useCase, 7));
    await storeOne(quick, numbers, useCase);
    await numbers.publish(retaining(useCase, 7, { mood: { type: "integer", min: 0, max: 9 } }));
    await words.publish(retaining(useCase, 7));
    await words.publish(retaining(useCase, 7, { mood: { type: "string", maxLength: 9 } }));
    const { held, reached, release } = holding(slow, /ADD COLUMN/);
    const delayed = storeOne(held, words, useCase, { mood: "good" }, 3);
    await reached;
    await storeOne(quick, numbers, useCase, { mood: 5 }, 2);
    release();
    const { metrics } = await delayed;
    expect(await metrics.value("fields_dropped_total")).toBe(1);
    const moods = await stores.warehouse.query(`SELECT mood FROM dit.${useCase}__opened ORDER BY mood`);
    expect(moods).toEqual([{ mood: 5 }, { mood: null }, { mood: null }]);
  });

  it("make one salt of a window, and destroy it once", async () => {
    const pair = await stores.openPair();
    const [{ documents }] = pair;
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const { pseudonym } = makeReport(useCase.useCase);
    for (const ports of pair) await append(ports.eventLog, [makeReport(useCase.useCase, { pseudonym })]);
    let nowMs = Date.now();
    const clock = { nowMs: () => nowMs };
    const tests = await Promise.all(pair.map((ports) => createTestSink(ports, acs.directory, { clock })));
    await Promise.all(tests.map(({ sink }) => sink.start()));
    await Promise.all(pair.map((ports) => drained(ports)));
    const pids = await stores.warehouse.query(`SELECT DISTINCT pid FROM dit.${useCase.useCase}__opened`);
    expect(pids).toHaveLength(1);

    nowMs += 400 * 86_400_000;
    await Promise.all(tests.map(({ sink }) => sink.destroyExpiredSalts()));
    const counts = await Promise.all(tests.map(({ metrics }) => metrics.value("salts_destroyed_total")));
    expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    expect(await documents.list("salts")).toEqual([]);
    const audit = await documents.readAudit(0, 100);
    expect(audit.map(({ action }) => action)).toEqual(["salt.created", "salt.destroyed"]);
    await Promise.all(tests.map(({ sink }) => sink.stop()));
  });

  it("look at what one repaired once more: the other may have been at it too, and be late", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    await append(ports.eventLog, [makeReport(useCase.useCase), makeReport(useCase.useCase)]);
    const table = `dit.${useCase.useCase}__opened`;
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));
    await stores.warehouse.command(`ALTER TABLE ${table} DELETE WHERE 1 SETTINGS mutations_sync = 2`);
    const settings = { reconcile: { everyMs: 30, days: 2 } };
    let isLate = true;
    const insert: Warehouse["insert"] = async (batch) => {
      await ports.warehouse.insert(batch);
      if (batch.table !== table || !isLate) return;
      isLate = false;
      await ports.warehouse.insert({
        ...batch,
        deduplicationToken: `${batch.deduplicationToken}:the other's`,
      });
    };
    const doubling = { ...ports, warehouse: { ...ports.warehouse, insert } };
    const { sink, metrics } = await createTestSink(doubling, acs.directory, { settings });
    await sink.start();
    await until(async () => !isLate && (await metrics.value("repairs_total", { kind: "rows" })) === 2);
    expect(await countRows(stores.warehouse, table)).toBe(2);
    await sink.stop();
  });
});
