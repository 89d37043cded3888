import { OffsetOutOfRangeError } from "@dit/storage";
import { expect, it } from "vitest";
import {
  append,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  type Ports,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

/** A log that has let go of what comes before `log.start`; its first commit there fails, and `log.start` moves on to the next. */
function forgetful(ports: Ports, log: { start: number; readonly next: number }): Ports {
  return {
    ...ports,
    eventLog: {
      ...ports.eventLog,
      progress: async (topic, group) =>
        (await ports.eventLog.progress(topic, group)).map((each) => ({ ...each, startOffset: log.start })),
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
                async commit(committed) {
                  if (committed.offset === log.start && log.start < log.next) {
                    log.start = log.next;
                    throw new Error("the power went");
                  }
                  await reader.commit(committed);
                },
                async read(from, ...rest) {
                  if (from < log.start) throw new OffsetOutOfRangeError("trimmed");
                  return await reader.read(from, ...rest);
                },
              },
              signal,
            ),
        }),
    },
  };
}

it("records that the log let go of are in the ledger, once each, and no reconciliation looks for them", async () => {
  const ports = await stores.open();
  const document = makeUseCase();
  const acs = await createTestAcs(document);
  await append(
    ports.eventLog,
    Array.from({ length: 16 }, () => makeReport(document.useCase)),
  );
  const log = { start: 5, next: 9 };
  const { sink, metrics, log: lines } = await createTestSink(forgetful(ports, log), acs.directory);
  await sink.start();
  await drained(ports);

  const [partition] = await ports.eventLog.progress("reports", "sink");
  const ledger = await stores.warehouse.query(
    `SELECT toUInt32(from_offset) AS start, toUInt32(to_offset) AS end, records, events, intent = 'lost' AS isLost
    FROM dit.sink_ledger WHERE topic_id = {topicId:String} ORDER BY from_offset`,
    { topicId: partition?.topicId },
  );
  expect(ledger).toEqual([
    { start: 0, end: 5, records: 5, events: 0, isLost: 1 },
    { start: 5, end: 9, records: 4, events: 0, isLost: 1 },
    { start: 9, end: 16, records: 7, events: 14, isLost: 0 },
  ]);
  expect(await metrics.value("records_lost_total")).toBe(9);
  expect(lines.filter((line) => line.includes('"records.lost"'))).toHaveLength(2);
  expect(await sink.progress()).toMatchObject({ records: 16, events: 14, inserted: 14, pendingRecords: 0 });
  expect(await sink.reconcile()).toEqual({ ranges: 3, repaired: 0, refused: 0 });
  await sink.stop();
});
