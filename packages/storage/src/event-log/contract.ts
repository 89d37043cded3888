import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect } from "vitest";
import { startChild } from "../contract/child.ts";
import { type Contract, describeContract, type Subject } from "../contract/contract.ts";
import { KILLS, killWriters } from "../contract/kills.ts";
import { consumeOnce, readAll } from "./contract-reading.ts";
import { decodeRecord, encodeRecord, TOPIC } from "./contract-records.ts";
import {
  type CommittedOffset,
  type EventLog,
  OffsetOutOfRangeError,
  type PartitionReader,
} from "./event-log.ts";

const CHILD = fileURLToPath(new URL("./contract-child.ts", import.meta.url));
const LONG_WAIT_MS = 10_000;

export const eventLogContract: Contract<EventLog> = {
  async "gives every record once, those of a key in the order they were appended"({ store }) {
    const appends = fc.array(fc.record({ writer: fc.nat(5), count: fc.integer({ min: 1, max: 9 }) }), {
      maxLength: 30,
    });
    const numbers = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(appends, async (drawn) => {
        const appended = drawn.map(({ writer, count }) => {
          const name = `writer-${writer}`;
          const first = numbers.get(name) ?? 0;
          numbers.set(name, first + count);
          const records = Array.from({ length: count }, (_, index) =>
            encodeRecord({ writer: name, number: first + index }),
          );
          return store.append(TOPIC, records);
        });
        await Promise.all(appended);
        expectWhole(await readAll(store, "whole"), numbers);
      }),
      { numRuns: 15 },
    );
  },

  async "takes records of any size"({ store }) {
    const sizes = [0, 1, 2_000, 70_000, 1_000_000, 3];
    await store.append(
      TOPIC,
      sizes.map((size) => ({ key: Buffer.of(1), value: Buffer.alloc(size, size % 251) })),
    );
    await store.append(TOPIC, []);
    const read: Uint8Array[] = [];
    await consumeOnce(store, "g", async (reader) => {
      const { endOffset = 0 } = (await store.progress(TOPIC, "g"))[reader.partition] ?? {};
      while (read.length < endOffset)
        read.push(...(await reader.read(read.length, 2, 0)).map(({ value }) => value));
    });
    expect(read.map((value) => value.length)).toEqual(sizes);
    for (const value of read) expect(value.every((byte) => byte === value.length % 251)).toBe(true);
  },

  async "resumes a group where it committed, with what was saved, and each group by itself"(subject) {
    await appendNumbers(subject.store, 10);
    const saved: CommittedOffset = { offset: 4, metadata: JSON.stringify({ to: 9, é: "ü" }) };
    await onBusyPartition(subject.store, "g", async (reader) => {
      expect(await reader.committed()).toEqual({ offset: 0, metadata: "" });
      await reader.commit(saved);
      expect(await reader.committed()).toEqual(saved);
    });
    const reopened = await subject.reopen();
    await onBusyPartition(reopened, "g", async (reader) => {
      expect(await reader.committed()).toEqual(saved);
      const [next] = await reader.read(saved.offset, 1, 0);
      expect(decodeRecord(next?.value ?? Buffer.alloc(0)).number).toBe(4);
    });
    await onBusyPartition(reopened, "other", async (reader) => {
      expect(await reader.committed()).toEqual({ offset: 0, metadata: "" });
    });
  },

  async "tells where a group is and where the log ends, and keeps the topic's id"(subject) {
    expect(await pending(subject.store, "g")).toBe(0);
    await appendNumbers(subject.store, 5);
    expect(await pending(subject.store, "g")).toBe(5);
    const ids = (await subject.store.progress(TOPIC, "g")).map(({ topicId }) => topicId);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/.{16,}/);
    await onBusyPartition(subject.store, "g", async (reader) => {
      expect(reader).toMatchObject({ topic: TOPIC, topicId: ids[0] });
      await reader.commit({ offset: 3, metadata: "" });
    });
    expect(await pending(subject.store, "g")).toBe(2);
    expect(await pending(subject.store, "another")).toBe(5);
    const reopened = await subject.reopen();
    expect((await reopened.progress(TOPIC, "g")).map(({ topicId }) => topicId)).toEqual(ids);
    await reopened.append("second", [encodeRecord({ writer: "w", number: 0 })]);
    expect((await reopened.progress("second", "g"))[0]?.topicId).not.toBe(ids[0]);
  },

  async "wakes a waiting reader, and gives up after the time it was given"({ store }) {
    await appendNumbers(store, 1);
    await onBusyPartition(store, "g", async (reader) => {
      expect(await reader.read(1, 10, 30)).toEqual([]);
      const waiting = reader.read(1, 10, LONG_WAIT_MS);
      await appendNumbers(store, 2);
      expect((await waiting).length).toBeGreaterThan(0);
    });
  },

  async "wakes a reader when another process appended"(subject) {
    const child = startChild(CHILD, subject.opener, "append-one");
    const read: number[] = [];
    await consumeOnce(subject.store, "g", async (reader, signal) => {
      while (!signal.aborted && read.length === 0) {
        for (const { value } of await reader.read(0, 1, 100)) read.push(decodeRecord(value).number);
      }
    });
    await child.exited();
    expect(read).toEqual([7]);
  },

  async "refuses offsets that are not there, and a commit after the log's end"({ store }) {
    await appendNumbers(store, 2);
    await onBusyPartition(store, "g", async (reader) => {
      await expect(reader.read(3, 1, 0)).rejects.toThrow(OffsetOutOfRangeError);
      await expect(reader.commit({ offset: 3, metadata: "" })).rejects.toThrow(OffsetOutOfRangeError);
      await expect(reader.commit({ offset: 1, metadata: "x".repeat(4_097) })).rejects.toThrow(RangeError);
      await reader.commit({ offset: 2, metadata: "x".repeat(4_096) });
    });
  },

  async "stops when told to, also in the middle of waiting"({ store }) {
    const stop = new AbortController();
    let waiting = 0;
    const consumed = store.consume({
      topic: TOPIC,
      group: "g",
      signal: stop.signal,
      async onPartition(reader, signal) {
        waiting += 1;
        if (waiting === 1) setImmediate(() => stop.abort());
        while (!signal.aborted) await reader.read(0, 1, LONG_WAIT_MS);
      },
    });
    await consumed;
    expect(waiting).toBeGreaterThan(0);
  },

  async "rejects with a partition's error, and stops the others"({ store }) {
    let stopped = 0;
    let seen = 0;
    const consumed = consumeOnce(store, "g", async (reader, signal) => {
      seen += 1;
      if (reader.partition === 0) throw new Error("of the caller");
      while (!signal.aborted) await reader.read(0, 1, LONG_WAIT_MS);
      stopped += 1;
    });
    await expect(consumed).rejects.toThrow("of the caller");
    expect(stopped).toBe(seen - 1);
  },

  async "takes no commit once a partition was given back"({ store }) {
    const readers: PartitionReader[] = [];
    await consumeOnce(store, "g", async (reader) => void readers.push(reader));
    for (const reader of readers) await expect(reader.commit({ offset: 0, metadata: "" })).rejects.toThrow();
  },

  async "refuses once closed"(subject) {
    const { store } = subject;
    await store.check();
    await subject.reopen();
    await expect(appendNumbers(store, 1)).rejects.toThrow(/event log.*closed/);
    await expect(store.check()).rejects.toThrow(/closed/);
  },

  async [`has every record it acknowledged, none torn, none out of order, after ${KILLS} kills`](subject) {
    await subject.store.close();
    const acknowledged = (await killWriters(CHILD, subject.opener)).flat().map((line) => line.split(" "));
    const store = await subject.reopen();
    const kept = (await readAll(store, randomUUID())).flat();
    const numbers = Map.groupBy(kept, ({ writer }) => writer);
    for (const [writer = "", number] of acknowledged) {
      expect(numbers.get(writer)?.some((record) => record.number === Number(number))).toBe(true);
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    for (const records of numbers.values()) {
      expect(records.map(({ number }) => number)).toEqual(records.map((_, index) => index));
    }
  },
};

/** Runs the contract on what `open` opens; each check gets a store of its own, empty. */
export function describeEventLogContract(name: string, open: () => Promise<Subject<EventLog>>): void {
  describeContract(`${name} keeps the promises of EventLog`, eventLogContract, open);
}

function expectWhole(
  partitions: readonly { writer: string; number: number }[][],
  counts: ReadonlyMap<string, number>,
) {
  const homes = new Map<string, number>();
  const next = new Map<string, number>();
  for (const [partition, records] of partitions.entries()) {
    for (const { writer, number } of records) {
      expect(homes.get(writer) ?? partition).toBe(partition);
      homes.set(writer, partition);
      expect(number).toBe(next.get(writer) ?? 0);
      next.set(writer, number + 1);
    }
  }
  expect(next).toEqual(counts);
}

/** All to one partition: they have one key. */
async function appendNumbers(store: EventLog, count: number): Promise<void> {
  await store.append(
    TOPIC,
    Array.from({ length: count }, (_, number) => encodeRecord({ writer: "one", number })),
  );
}

/** Runs `check` on the one partition that has records. */
async function onBusyPartition(
  store: EventLog,
  group: string,
  check: (reader: PartitionReader) => Promise<void>,
) {
  const busy = (await store.progress(TOPIC, group)).find(({ endOffset }) => endOffset > 0);
  expect(busy).toBeDefined();
  await consumeOnce(store, group, async (reader) => {
    if (reader.partition === busy?.partition) await check(reader);
  });
}

async function pending(store: EventLog, group: string): Promise<number> {
  const partitions = await store.progress(TOPIC, group);
  return partitions.reduce((sum, { committedOffset, endOffset }) => sum + endOffset - committedOffset, 0);
}
