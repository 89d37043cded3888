import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeEventLogContract, eventLogContract } from "./contract.ts";
import { consumeOnce } from "./contract-reading.ts";
import { TOPIC } from "./contract-records.ts";
import { type EventLog, OffsetOutOfRangeError } from "./event-log.ts";
import { openLmdbEventLog } from "./lmdb.ts";

async function openLmdbSubject(): Promise<Subject<EventLog>> {
  const { path, remove } = await makeTemporaryDirectory();
  const module = new URL("./lmdb.ts", import.meta.url).href;
  return openSubject({ module, name: "openLmdbEventLog", options: { path, partitions: 3 } }, remove);
}

describeEventLogContract("lmdb", openLmdbSubject);

test("the contract catches a driver that loses, repeats or swaps records", async () => {
  const check = eventLogContract["gives every record once, those of a key in the order they were appended"];
  const faults: ((log: EventLog) => EventLog["append"])[] = [
    (log) => (topic, records) => log.append(topic, records.slice(0, 8)),
    (log) => (topic, records) => log.append(topic, [...records, ...records.slice(8)]),
    (log) => (topic, records) => log.append(topic, records.toReversed()),
  ];
  for (const fault of faults) {
    const subject = await openLmdbSubject();
    const store = { ...subject.store, append: fault(subject.store) };
    await expect(check?.({ ...subject, store })).rejects.toThrow(/Property failed/);
    await subject.destroy();
  }
});

describe("one machine's event log", () => {
  const HOUR_MS = 3_600_000;
  let directory: TemporaryDirectory;
  let log: EventLog;
  let nowMs = HOUR_MS;
  beforeEach(async () => {
    directory = await makeTemporaryDirectory();
    log = await openLmdbEventLog({
      path: directory.path,
      partitions: 1,
      retentionMs: HOUR_MS,
      clock: () => nowMs,
    });
  });
  afterEach(async () => {
    await log.close();
    await directory.remove();
  });

  const appendOne = () => log.append(TOPIC, [{ key: Buffer.of(1), value: Buffer.of(1) }]);
  const commit = (group: string, offset: number) =>
    consumeOnce(log, group, (reader) => reader.commit({ offset, metadata: "" }));
  const start = async () => (await log.progress(TOPIC, "g"))[0]?.startOffset;

  test("removes what every group has passed, once its time is over", async () => {
    for (let record = 0; record < 4; record += 1) await appendOne();
    await commit("slow", 2);
    nowMs += HOUR_MS;
    await appendOne();
    await commit("fast", 5);
    expect(await start()).toBe(0);
    nowMs += 1;
    await commit("fast", 5);
    expect(await start()).toBe(2);
    await commit("slow", 5);
    expect(await start()).toBe(4);
    nowMs += HOUR_MS;
    await commit("slow", 5);
    expect(await start()).toBe(5);
    await consumeOnce(log, "late", async (reader) => {
      expect(await reader.committed()).toEqual({ offset: 5, metadata: "" });
      await expect(reader.read(4, 1, 0)).rejects.toThrow(OffsetOutOfRangeError);
    });
  });

  test("keeps the records that a group has not passed, also those appended together with one it has", async () => {
    await log.append(
      TOPIC,
      Array.from({ length: 3 }, () => ({ key: Buffer.of(1), value: Buffer.of(1) })),
    );
    nowMs += HOUR_MS + 1;
    await commit("g", 2);
    expect((await log.progress(TOPIC, "g"))[0]).toMatchObject({ startOffset: 0, committedOffset: 2 });
    await consumeOnce(log, "g", async (reader) => {
      expect(await reader.read(2, 10, 0)).toMatchObject([{ offset: 2 }]);
    });
  });

  test("gives a group to one consumer at a time", async () => {
    await consumeOnce(log, "g", async () => {
      await expect(commit("g", 0)).rejects.toThrow(/reports is being consumed by group g already/);
      await commit("another", 0);
    });
    await commit("g", 0);
  });

  test("stops its consumers when closed", async () => {
    const consumed = consumeOnce(log, "g", async (reader, signal) => {
      const waiting = reader.read(0, 1, HOUR_MS);
      await log.close();
      expect(await waiting).toEqual([]);
      expect(signal.aborted).toBe(true);
    });
    await consumed;
  });

  test("keeps the partitions that a topic was created with", async () => {
    await appendOne();
    await log.close();
    log = await openLmdbEventLog({ path: directory.path, partitions: 5 });
    expect(await log.progress(TOPIC, "g")).toHaveLength(1);
  });
});
