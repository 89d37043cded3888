import { describe, expect, it } from "vitest";
import type { ReconcileReport } from "../src/index.ts";
import {
  append,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  opened,
  type Ports,
  type TestSink,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

const batchOfFour = { settings: { batch: { maxEvents: 8, maxWaitMs: 5 } } };

/** A sink that has stored four batches of four reports, one of them marked as a repeat, one poisonous. */
async function startWithRows() {
  const ports = await stores.open();
  const document = makeUseCase();
  const acs = await createTestAcs(document);
  const reports = Array.from({ length: 16 }, (_, index) =>
    makeReport(document.useCase, {
      mayRepeat: index === 5,
      ...(index === 6 ? { events: [opened({ items: "x" }), opened()] } : {}),
    }),
  );
  await append(ports.eventLog, reports);
  const test = await createTestSink(ports, acs.directory, batchOfFour);
  await test.sink.start();
  await drained(ports);
  expect(await test.sink.reconcile()).toEqual({ ranges: 4, repaired: 0, refused: 0 });
  const [partition] = await ports.eventLog.progress("reports", "sink");
  return { ...test, acs, ports, document, topicId: partition?.topicId ?? "" };
}

/** Everything that analysts and operators see of it, in an order of its own. */
async function contents({ topicId, document }: { topicId: string; document: { useCase: string } }) {
  const select = (sql: string) => stores.warehouse.query(sql, { topicId });
  return {
    opened: await select(`SELECT * EXCEPT (batch) FROM dit.${document.useCase}__opened ORDER BY report_id`),
    failed: await select(`SELECT * EXCEPT (batch) FROM dit.${document.useCase}__failed ORDER BY report_id`),
    letters: await select(
      "SELECT * EXCEPT (batch) FROM dit.dead_letters WHERE topic_id = {topicId:String} ORDER BY report_id",
    ),
    repeats: await select(
      "SELECT * EXCEPT (batch) FROM dit.sink_repeats WHERE topic_id = {topicId:String} ORDER BY report_id",
    ),
    ledger: await select(
      "SELECT * EXCEPT (intent, batch) FROM dit.sink_ledger WHERE topic_id = {topicId:String} ORDER BY from_offset",
    ),
  };
}

/** The first whole pass of a sink that has just been started. */
async function firstReport({ sink }: TestSink): Promise<ReconcileReport> {
  await until(async () => (await sink.reconcile()).ranges > 0);
  return await sink.reconcile();
}

async function remove(table: string, where: string): Promise<void> {
  await stores.warehouse.command(
    `ALTER TABLE dit.${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`,
  );
}

/** By its number: replicated tables take no subquery in what changes them. */
async function inSecondBatch(topicId: string): Promise<string> {
  const [row] = await stores.warehouse.query<{ batch: string }>(
    "SELECT toString(l.batch) AS batch FROM dit.sink_ledger AS l WHERE topic_id = {topicId:String} AND from_offset = 4",
    { topicId },
  );
  return `batch = ${row?.batch}`;
}

async function trimmed(ports: Ports): Promise<Ports> {
  const { OffsetOutOfRangeError } = await import("@dit/storage");
  return {
    ...ports,
    eventLog: {
      ...ports.eventLog,
      consume: ({ onPartition, ...options }) =>
        ports.eventLog.consume({
          ...options,
          onPartition: (reader, signal) =>
            onPartition(
              {
                topicId: reader.topicId,
                topic: reader.topic,
                partition: reader.partition,
                committed: () => reader.committed(),
                commit: (committed) => reader.commit(committed),
                read: async (from, ...rest) => {
                  if (from < 8) throw new OffsetOutOfRangeError("trimmed");
                  return await reader.read(from, ...rest);
                },
              },
              signal,
            ),
        }),
    },
  };
}

describe("the reconciler", () => {
  it.each([
    [
      "a batch's rows of one table",
      async (useCase: string, batch: string) => remove(`${useCase}__opened`, batch),
    ],
    [
      "one row of a batch",
      async (useCase: string, batch: string) => {
        const [row] = await stores.warehouse.query<{ id: string }>(
          `SELECT toString(min(report_id)) AS id FROM dit.${useCase}__failed WHERE ${batch}`,
        );
        await remove(`${useCase}__failed`, `report_id = '${row?.id}'`);
      },
    ],
    ["dead letters", async (_: string, batch: string) => remove("dead_letters", batch)],
    ["marks of repeats", async (_: string, batch: string) => remove("sink_repeats", batch)],
    [
      "everything of a batch",
      async (useCase: string, batch: string) => {
        for (const table of [`${useCase}__opened`, `${useCase}__failed`, "dead_letters", "sink_repeats"]) {
          await remove(table, batch);
        }
      },
    ],
  ])("puts %s back", async (_, tear) => {
    const test = await startWithRows();
    const before = await contents(test);
    await tear(test.document.useCase, await inSecondBatch(test.topicId));
    expect(await contents(test)).not.toEqual(before);
    expect(await test.sink.reconcile()).toEqual({ ranges: 4, repaired: 1, refused: 0 });
    expect(await contents(test)).toEqual(before);
    expect(await test.metrics.value("repairs_total", { kind: "rows" })).toBe(1);
    await test.sink.stop();
  });

  it.each([
    ["the first", "from_offset = 0"],
    ["one in the middle", "from_offset = 4"],
    ["the last", "from_offset = 12"],
  ])("stores a range again whose ledger row is gone: %s", async (_, where) => {
    const test = await startWithRows();
    const before = await contents(test);
    await remove("sink_ledger", `topic_id = '${test.topicId}' AND ${where}`);
    expect(await test.sink.reconcile()).toEqual({ ranges: 3, repaired: 1, refused: 0 });
    expect(await contents(test)).toEqual(before);
    expect(await test.sink.reconcile()).toEqual({ ranges: 4, repaired: 0, refused: 0 });
    await test.sink.stop();
  });

  it("rebuilds a warehouse that lost everything which the log still has, at the start of the next life", async () => {
    const test = await startWithRows();
    const before = await contents(test);
    await test.sink.stop();
    for (const event of ["opened", "failed"]) await remove(`${test.document.useCase}__${event}`, "1");
    for (const table of ["dead_letters", "sink_repeats", "sink_ledger"]) {
      await remove(table, `topic_id = '${test.topicId}'`);
    }
    const next = await createTestSink(test.ports, test.acs.directory, batchOfFour);
    await next.sink.start();
    expect(await firstReport(next)).toMatchObject({ repaired: 0, refused: 0 });
    expect(await next.metrics.value("repairs_total", { kind: "ledger" })).toBe(1);
    expect(await contents(test)).toEqual(before);
    await next.sink.stop();
  });

  it("refuses aloud, and touches nothing, where the log has let go of the records or the salt is gone", async () => {
    const test = await startWithRows();
    await test.sink.stop();
    await remove(`${test.document.useCase}__opened`, await inSecondBatch(test.topicId));
    const torn = await contents(test);

    const late = await createTestSink(await trimmed(test.ports), test.acs.directory, batchOfFour);
    await late.sink.start();
    expect(await firstReport(late)).toEqual({ ranges: 4, repaired: 0, refused: 1 });
    expect(await late.metrics.value("repairs_refused_total", { reason: "not_retained" })).toBeGreaterThan(0);
    expect(late.log.join("\n")).toContain('"event":"range.unrepairable"');
    await late.sink.stop();
    expect(await contents(test)).toEqual(torn);

    for (const { key, version } of await test.ports.documents.list("salts")) {
      const change = { collection: "salts", key, expectedVersion: version, value: undefined };
      await test.ports.documents.commit({ changes: [change] });
    }
    const saltless = await createTestSink(test.ports, test.acs.directory, batchOfFour);
    await saltless.sink.start();
    expect(await firstReport(saltless)).toEqual({ ranges: 4, repaired: 0, refused: 1 });
    expect(
      await saltless.metrics.value("repairs_refused_total", { reason: "not_reproducible" }),
    ).toBeGreaterThan(0);
    await saltless.sink.stop();
    expect(await contents(test)).toEqual(torn);
  });
});
