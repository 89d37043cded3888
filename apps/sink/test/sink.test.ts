import { describe, expect, it } from "vitest";
import {
  append,
  countRows,
  createTestAcs,
  createTestSink,
  drained,
  failed,
  makeReport,
  makeUseCase,
  opened,
  rowsOf,
  runUntilDrained,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

describe("the sink", () => {
  it("stores each event once, in a typed row of its event's table", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const events = [opened({ locale: "de" }), opened({ items: 2 ** 53 - 1 })];
    await append(ports.eventLog, [makeReport(useCase.useCase, { events }), makeReport(useCase.useCase)]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);

    const rows = await rowsOf<Record<string, unknown>>(stores.warehouse, useCase.useCase, "opened");
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(
      expect.objectContaining({ cold: true, items: 3, duration: 1.5, screen: "home", locale: "de" }),
    );
    expect(rows).toContainEqual(expect.objectContaining({ items: 2 ** 53 - 1, locale: null }));
    expect(await countRows(stores.warehouse, `dit.${useCase.useCase}__failed`)).toBe(1);
    expect(await test.metrics.value("rows_inserted_total")).toBe(4);
    expect(await test.sink.progress()).toMatchObject({ events: 4, inserted: 4, pendingRecords: 0 });
  });

  it("gives one client one pid in one window, and nothing of what came with the report to anyone", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const first = makeReport(useCase.useCase);
    const second = makeReport(useCase.useCase, { pseudonym: first.pseudonym });
    const tomorrow = makeReport(useCase.useCase, { pseudonym: first.pseudonym, epoch: first.epoch + 1 });
    await append(ports.eventLog, [first, second, tomorrow, makeReport(useCase.useCase)]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);

    const pids = await rowsOf<{ pid: string; report_id: string; epoch: number }>(
      stores.warehouse,
      useCase.useCase,
      "opened",
    );
    const pidOf = ({ reportId }: typeof first) =>
      pids.find(({ report_id }) => report_id.replaceAll("-", "") === reportId)?.pid;
    expect(pidOf(second)).toBe(pidOf(first));
    expect(pidOf(tomorrow)).not.toBe(pidOf(first));
    expect(new Set(pids.map(({ pid }) => pid)).size).toBe(3);
    const hex = Buffer.from(first.pseudonym, "base64url").toString("hex");
    const told = [...test.log, await test.metrics.text(), JSON.stringify(pids)].join("\n");
    expect(told).not.toContain(first.pseudonym);
    expect(told.replaceAll("-", "")).not.toContain(hex);
  });

  it("puts aside what cannot be stored, by reason, and goes on", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const inherited = JSON.parse('{"constructor": 1}') as Record<string, number>;
    await append(ports.eventLog, [
      "not json",
      '{"useCase": 1, "events": [1, 2, 3]}',
      "\ud800",
      makeReport("a_stranger", { events: [opened(), opened()] }),
      makeReport(useCase.useCase, {
        events: [opened({ items: "many" }), opened(), { ...opened(), name: "other" }],
      }),
      makeReport(useCase.useCase, { events: [opened({ items: 1.5 }), opened({ locale: "\udc00" })] }),
      makeReport(useCase.useCase, { events: [opened({ locale: "x".repeat(257) }), opened(inherited)] }),
      makeReport(useCase.useCase, {
        events: [
          { ...opened(), at: -1 },
          { ...opened(), at: 2 ** 32 },
        ],
      }),
      makeReport(useCase.useCase, { ingestDay: "2026-02-30" }),
      makeReport(useCase.useCase),
    ]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);

    const letters = await stores.warehouse.query<{ reason: string; events: number; records: number }>(
      `SELECT reason, toUInt32(sum(l.events)) AS events, toUInt32(count()) AS records FROM dit.dead_letters AS l
      WHERE topic_id IN {topicIds:Array(String)} GROUP BY reason ORDER BY reason`,
      { topicIds: (await ports.eventLog.progress("reports", "sink")).map(({ topicId }) => topicId) },
    );
    expect(letters).toEqual([
      { reason: "event_unknown", events: 1, records: 1 },
      { reason: "malformed", events: 5, records: 4 },
      { reason: "schema_mismatch", events: 6, records: 4 },
      { reason: "use_case_unknown", events: 2, records: 1 },
    ]);
    expect(await test.metrics.value("events_dead_lettered_total")).toBe(14);
    expect(await test.metrics.value("fields_dropped_total")).toBe(1);
    expect(await countRows(stores.warehouse, `dit.${useCase.useCase}__opened`)).toBe(3);
    const [topic] = await ports.eventLog.progress("dead-letters", "nobody");
    expect(topic?.endOffset).toBe(10);
  });

  it("accounts for every event that was accepted", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const twice = makeReport(useCase.useCase);
    const reports = [
      ...Array.from({ length: 50 }, () => makeReport(useCase.useCase)),
      makeReport("a_stranger"),
      makeReport(useCase.useCase, { events: [opened({ cold: 1 }), opened()] }),
      twice,
      twice,
    ];
    await append(ports.eventLog, reports);
    const test = await createTestSink(ports, acs.directory, {
      settings: { batch: { maxEvents: 7, maxWaitMs: 5 } },
    });
    await runUntilDrained(ports, test);

    const accepted = reports.reduce((sum, { events }) => sum + events.length, 0);
    const { events, inserted, deadLettered, deduplicated, pendingRecords } = await test.sink.progress();
    expect({ events, inserted, deadLettered, deduplicated, pendingRecords }).toEqual({
      events: accepted,
      inserted: 103,
      deadLettered: 3,
      deduplicated: 2,
      pendingRecords: 0,
    });
    const stored = await Promise.all(
      ["opened", "failed"].map((event) => countRows(stores.warehouse, `dit.${useCase.useCase}__${event}`)),
    );
    expect(stored.reduce((sum, rows) => sum + rows)).toBe(inserted);
    expect(await test.metrics.value("rows_inserted_total")).toBe(inserted);
    expect(await test.metrics.value("batches_total")).toBeGreaterThan(5);
  });

  it("rows of a batch say neither where in the log they were nor in which order they came", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const reports = Array.from({ length: 40 }, (_, index) =>
      makeReport(useCase.useCase, { events: [opened({ items: index })] }),
    );
    await append(ports.eventLog, reports);
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));

    const table = `dit.${useCase.useCase}__opened`;
    const rows = await stores.warehouse.query<{ items: number; batch: string }>(
      `SELECT items, toString(batch) AS batch FROM ${table}`,
    );
    const inOrder = rows.filter(
      ({ items }, index) => index > 0 && items === Number(rows[index - 1]?.items) + 1,
    );
    expect(inOrder.length).toBeLessThan(8);
    expect(new Set(rows.map(({ batch }) => batch)).size).toBe(1);
  });

  describe("a report that was appended twice is stored once", () => {
    const batchOfOne = { settings: { batch: { maxEvents: 1, maxWaitMs: 5 } } };

    it.each([
      ["in one batch", [false, true], undefined],
      ["in two batches", [false, true], batchOfOne],
      ["in two batches, the repeat first", [true, false], batchOfOne],
      ["more often", [true, true, false, true], batchOfOne],
    ] as const)("%s", async (_, marks, options) => {
      const ports = await stores.open();
      const useCase = makeUseCase();
      const acs = await createTestAcs(useCase);
      const report = makeReport(useCase.useCase);
      await append(
        ports.eventLog,
        marks.map((mayRepeat) => ({ ...report, mayRepeat })),
      );
      const test = await createTestSink(ports, acs.directory, options);
      await runUntilDrained(ports, test);
      expect(await rowsOf(stores.warehouse, useCase.useCase, "opened")).toHaveLength(1);
      expect(await test.metrics.value("events_deduplicated_total")).toBe(2 * (marks.length - 1));
    });

    it("in two lives, the repeat first", async () => {
      const ports = await stores.open();
      const useCase = makeUseCase();
      const acs = await createTestAcs(useCase);
      const report = makeReport(useCase.useCase);
      for (const mayRepeat of [true, false]) {
        await append(ports.eventLog, [{ ...report, mayRepeat }]);
        await runUntilDrained(ports, await createTestSink(ports, acs.directory));
      }
      expect(await rowsOf(stores.warehouse, useCase.useCase, "opened")).toHaveLength(1);
    });

    it("but a marked report that was not appended before is stored", async () => {
      const ports = await stores.open();
      const useCase = makeUseCase();
      const acs = await createTestAcs(useCase);
      await append(ports.eventLog, [
        makeReport(useCase.useCase),
        makeReport(useCase.useCase, { mayRepeat: true }),
      ]);
      await runUntilDrained(ports, await createTestSink(ports, acs.directory, batchOfOne));
      expect(await rowsOf(stores.warehouse, useCase.useCase, "opened")).toHaveLength(2);
    });
  });

  it("goes on where the warehouse was away, says so meanwhile, and loses nothing", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    let away = true;
    const insert: typeof ports.warehouse.insert = async (batch) => {
      if (away) throw new Error("connection refused");
      await ports.warehouse.insert(batch);
    };
    const test = await createTestSink({ ...ports, warehouse: { ...ports.warehouse, insert } }, acs.directory);
    await append(ports.eventLog, [makeReport(useCase.useCase), "not json"]);
    const announced = async () => (await ports.eventLog.progress("dead-letters", "nobody"))[0]?.endOffset;
    await test.sink.start();
    await until(async () => (await test.metrics.value("batch_failures_total")) >= 3);
    expect(await announced()).toBeUndefined();
    const answer = await test.sink.adminApp.request("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      dependencies: { partitions: { ok: false, reason: "Error" } },
    });

    away = false;
    await drained(ports);
    await test.sink.stop();
    expect(await rowsOf(stores.warehouse, useCase.useCase, "opened")).toHaveLength(1);
    expect(await announced()).toBe(1);
  });

  it("stores everything that is in the log when it is stopped, however many batches that takes", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    await append(
      ports.eventLog,
      Array.from({ length: 8 }, () => makeReport(useCase.useCase)),
    );
    const settings = { drainMs: 10_000, batch: { maxEvents: 2, maxWaitMs: 5 } };
    const { sink } = await createTestSink(ports, acs.directory, { settings });
    await sink.start();
    await sink.stop();
    expect(await sink.progress()).toMatchObject({ records: 8, inserted: 16, pendingRecords: 0 });
  });

  it("stops in time where it cannot store what is left, which the next life does", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const insert = () => Promise.reject(new Error("connection refused"));
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    const first = await createTestSink(
      { ...ports, warehouse: { ...ports.warehouse, insert } },
      acs.directory,
      {
        settings: { drainMs: 200 },
      },
    );
    await first.sink.start();
    const failures = () => first.metrics.value("batch_failures_total");
    await until(async () => (await failures()) > 0);
    const before = await failures();
    await first.sink.stop();
    expect(await failures()).toBeGreaterThan(before);
    expect(await first.sink.progress()).toMatchObject({ inserted: 0, pendingRecords: 1 });
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));
    expect(await first.sink.progress()).toMatchObject({ inserted: 2, pendingRecords: 0 });
  });

  it("finishes the batch at hand when it is stopped", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    const inserting = Promise.withResolvers<void>();
    const insert: typeof ports.warehouse.insert = async (batch) => {
      inserting.resolve();
      await ports.warehouse.insert(batch);
    };
    const test = await createTestSink({ ...ports, warehouse: { ...ports.warehouse, insert } }, acs.directory);
    await append(ports.eventLog, [makeReport(useCase.useCase, { events: [failed(), failed()] })]);
    await test.sink.start();
    await inserting.promise;
    await test.sink.stop();
    expect(await test.sink.progress()).toMatchObject({ inserted: 2, pendingRecords: 0 });
  });
});
