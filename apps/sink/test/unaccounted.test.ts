import { expect, it } from "vitest";
import { findUnaccounted } from "../src/unaccounted.ts";
import { append, createTestAcs, createTestSink, drained, makeReport, makeUseCase } from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

it("accounts for every record that left the log, and finds each batch that the ledger lost or has wrong", async () => {
  const ports = await stores.open();
  const document = makeUseCase();
  const { directory } = await createTestAcs(document);
  await append(
    ports.eventLog,
    Array.from({ length: 16 }, () => makeReport(document.useCase)),
  );
  const { sink } = await createTestSink(ports, directory, {
    settings: { batch: { maxEvents: 8, maxWaitMs: 5 } },
  });
  await sink.start();
  await drained(ports);
  await sink.stop();
  const partitions = await ports.eventLog.progress("reports", "sink");
  const firstBatch = `topic_id = '${partitions[0]?.topicId}' AND from_offset = 0`;
  const change = (what: string) =>
    stores.warehouse.command(
      `ALTER TABLE dit.sink_ledger ${what} WHERE ${firstBatch} SETTINGS mutations_sync = 2`,
    );
  expect(await findUnaccounted(stores.warehouse, partitions)).toEqual({ records: 0, events: 0 });

  await change("UPDATE inserted = inserted - 1");
  expect(await findUnaccounted(stores.warehouse, partitions)).toEqual({ records: 0, events: 1 });

  const [first] = await stores.warehouse.query<{ records: number }>(
    `SELECT records FROM dit.sink_ledger WHERE ${firstBatch}`,
  );
  await change("DELETE");
  expect(await findUnaccounted(stores.warehouse, partitions)).toEqual({
    records: Number(first?.records),
    events: 0,
  });

  // What has not left the log yet is pending, and not lost.
  await append(ports.eventLog, [makeReport(document.useCase)]);
  const later = await ports.eventLog.progress("reports", "sink");
  expect((await findUnaccounted(stores.warehouse, later)).records).toBe(Number(first?.records));
});
