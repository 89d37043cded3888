import { OffsetOutOfRangeError, type PartitionReader } from "@dit/storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gatherRecords, readAhead } from "../src/read-records.ts";
import { append, makeDirectory, makeReport, opened, openLogAndDocuments } from "./harness.ts";

const REPORTS = 300;
const EVENTS = 2;
const never = new AbortController().signal;

let reader: PartitionReader;
let close: () => Promise<void>;

beforeAll(async () => {
  const directory = await makeDirectory();
  const { eventLog, documents } = await openLogAndDocuments(directory.path);
  const report = () => makeReport("app_usage", { events: Array.from({ length: EVENTS }, () => opened()) });
  await append(eventLog, Array.from({ length: REPORTS }, report));
  const found = Promise.withResolvers<PartitionReader>();
  const controller = new AbortController();
  const consuming = eventLog.consume({
    ...{ topic: "reports", group: "test", signal: controller.signal },
    async onPartition(partition, ended) {
      found.resolve(partition);
      await new Promise((resolve) => ended.addEventListener("abort", resolve));
    },
  });
  reader = await found.promise;
  close = async () => {
    controller.abort();
    await consuming;
    await eventLog.close();
    await documents.close();
    await directory.remove();
  };
});
afterAll(() => close());

/** Of the log's records from an offset on, so many. */
const offsets = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

it("reads ahead all that is there, and no more than a batch", async () => {
  const all = await readAhead(reader, 10, { maxEvents: 10_000, signal: never });
  expect(all.map(({ offset }) => offset)).toEqual(offsets(10, REPORTS - 10));
  const batch = await readAhead(reader, 10, { maxEvents: 9, signal: never });
  expect(batch.map(({ offset }) => offset)).toEqual(offsets(10, 5));
});

it("reads nothing ahead where that fails or its time is over: whoever needs it will see", async () => {
  const failing = { ...reader, read: () => Promise.reject(new Error("connection reset")) } as PartitionReader;
  expect(await readAhead(failing, 0, { maxEvents: 9, signal: never })).toEqual([]);
  expect(await readAhead(reader, 0, { maxEvents: 9, signal: AbortSignal.abort() })).toEqual([]);
});

it("goes on after what was read ahead, with each record once", async () => {
  const ahead = await readAhead(reader, 0, { maxEvents: 6, signal: never });
  const bounds = { maxEvents: 600, maxWaitMs: 10_000, signal: never };
  const records = await gatherRecords(reader, 0, bounds, ahead);
  expect(records.map(({ offset }) => offset)).toEqual(offsets(0, REPORTS));
});

it("keeps what was read ahead of records that the log let go of", async () => {
  const ahead = await readAhead(reader, 0, { maxEvents: 6, signal: never });
  const read = () => Promise.reject(new OffsetOutOfRangeError("let go of"));
  const bounds = { maxEvents: 600, maxWaitMs: 10_000, signal: never };
  const records = await gatherRecords({ ...reader, read } as PartitionReader, 0, bounds, ahead);
  expect(records.map(({ offset }) => offset)).toEqual(offsets(0, 3));
});
