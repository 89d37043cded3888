import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { unseal } from "../keys/sealing.ts";
import { openLmdbEnvironment } from "../lmdb/environment.ts";
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
  const SEGMENT_MS = HOUR_MS / 36;
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

  test("what waits for the disk is bounded: the rest is refused at once, and room comes back", async () => {
    const MEBIBYTE = 1_024 * 1_024;
    const record = { key: Buffer.of(1), value: Buffer.alloc(MEBIBYTE) };
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => log.append(TOPIC, [record])));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(32);
    await log.append(TOPIC, [record]);
    const [partition] = await log.progress(TOPIC, "group");
    expect(partition?.endOffset).toBe(33);
  });

  const appendOne = () => log.append(TOPIC, [{ key: Buffer.of(1), value: Buffer.of(1) }]);
  const commit = (group: string, offset: number) =>
    consumeOnce(log, group, (reader) => reader.commit({ offset, metadata: "" }));
  const start = async () => (await log.progress(TOPIC, "g"))[0]?.startOffset;

  test("removes what every group has passed, once its time is over", async () => {
    for (let record = 0; record < 2; record += 1) await appendOne();
    nowMs += SEGMENT_MS;
    for (let record = 0; record < 2; record += 1) await appendOne();
    await commit("slow", 2);
    nowMs += HOUR_MS - 1;
    await appendOne();
    await commit("fast", 5);
    expect(await start()).toBe(0);
    nowMs += 1;
    await commit("fast", 5);
    expect(await start()).toBe(2);
    nowMs += SEGMENT_MS;
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
    nowMs += HOUR_MS + SEGMENT_MS;
    await commit("g", 2);
    expect((await log.progress(TOPIC, "g"))[0]).toMatchObject({ startOffset: 0, committedOffset: 2 });
    await consumeOnce(log, "g", async (reader) => {
      expect(await reader.read(2, 10, 0)).toMatchObject([{ offset: 2 }]);
    });
  });

  test("removes a backlog of more blocks than one write takes", async () => {
    const large = { key: Buffer.of(1), value: Buffer.alloc(70_000) };
    await log.append(
      TOPIC,
      Array.from({ length: 1_100 }, () => large),
    );
    nowMs += HOUR_MS + SEGMENT_MS;
    await appendOne();
    await commit("g", 1_101);
    expect(await start()).toBe(1_100);
    const { tables, close } = await openLmdbEnvironment("event log", directory.path, ["blocks"]);
    expect([...tables.blocks.getKeys()]).toHaveLength(1);
    await close();
    await consumeOnce(log, "g", async (reader) => {
      expect(await reader.read(1_100, 10, 0)).toMatchObject([{ offset: 1_100 }]);
    });
  });

  describe("on a box where nothing happens", () => {
    beforeEach(async () => {
      await log.close();
      log = await openLmdbEventLog({
        unreadTopics: ["unread"],
        path: directory.path,
        partitions: 1,
        retentionMs: HOUR_MS,
        trimEveryMs: 5,
        clock: () => nowMs,
      });
    });
    const startOf = async (topic: string) => (await log.progress(topic, "g"))[0]?.startOffset;
    const record = { key: Buffer.of(1), value: Buffer.of(1) };

    test("removes what is due, and never what a group has not passed, whatever its age", async () => {
      for (const topic of [TOPIC, "kept"]) await log.append(topic, [record, record]);
      await commit("g", 2);
      await log.consume({
        topic: "kept",
        group: "g",
        signal: new AbortController().signal,
        onPartition: (reader) => reader.commit({ offset: 1, metadata: "" }),
      });
      nowMs += 1_000 * HOUR_MS;
      await until(async () => (await startOf(TOPIC)) === 2);
      await log.append(TOPIC, [record]);
      await commit("g", 3);
      nowMs += 1_000 * HOUR_MS;
      await until(async () => (await startOf(TOPIC)) === 3);
      expect(await startOf("kept")).toBe(0);
    });

    test("lets age alone decide on a topic that nobody is expected to read, and on no other", async () => {
      await log.append("unread", [record]);
      await log.append("not-read-yet", [record]);
      nowMs += HOUR_MS;
      await log.append("unread", [record]);
      nowMs += SEGMENT_MS;
      await until(async () => (await startOf("unread")) === 1);
      nowMs += HOUR_MS;
      await until(async () => (await startOf("unread")) === 2);
      expect(await startOf("not-read-yet")).toBe(0);
    });
  });

  describe("leaves nothing in its files with which to read what it has removed", () => {
    const pseudonyms = Array.from({ length: 3 }, (_, index) => `canary-pseudonym-${index}`);
    const keysNow = () => readFile(join(directory.path, "keys"));
    const appendCanary = (index: number) =>
      log.append(TOPIC, [{ key: Buffer.of(1), value: Buffer.from(pseudonyms[index] ?? "") }]);
    /** Every text that a key of `keys` opens anywhere in the files, whatever the tables say of the place. */
    async function readable(keys: Buffer): Promise<string[]> {
      const file = await readFile(join(directory.path, "data.mdb"));
      const [{ topicId = "" } = {}] = await log.progress(TOPIC, "g");
      return pseudonyms.filter((pseudonym, offset) => {
        if (file.includes(pseudonym)) return true;
        const context = Buffer.alloc(26);
        context.write(topicId, "hex");
        context.writeBigUInt64BE(BigInt(offset), 18);
        const sealedBytes = 8 + pseudonym.length + 16;
        for (let at = 0; at + 12 + sealedBytes <= file.length; at += 1) {
          // A block's slot, one of the first, stands before its nonce; most of the file is empty.
          if (at < 4 || file.readUInt32BE(at - 4) > 8 || file.readUInt32BE(at) === 0) continue;
          for (let slot = 0; slot < keys.length; slot += 32) {
            const sealing = {
              key: keys.subarray(slot, slot + 32),
              nonce: file.subarray(at, at + 12),
              context,
            };
            try {
              const block = unseal(file.subarray(at + 12, at + 12 + sealedBytes), sealing);
              if (block.includes(pseudonym)) return true;
            } catch {
              // Not here.
            }
          }
        }
        return false;
      });
    }

    test("once every record of their segment is over", async () => {
      await appendCanary(0);
      await appendCanary(1);
      nowMs += SEGMENT_MS;
      await appendCanary(2);
      const before = await keysNow();
      expect(before).toHaveLength(2 * 32);
      expect(await readable(Buffer.alloc(0))).toEqual([]);
      expect(await readable(before)).toEqual(pseudonyms);

      nowMs += HOUR_MS;
      await commit("g", 3);
      expect(await start()).toBe(2);
      const after = await keysNow();
      expect(after.subarray(0, 32)).toEqual(Buffer.alloc(32));
      expect(await readable(after)).toEqual([pseudonyms[2]]);
      // The text is there still: it is the key that is gone, from every file.
      expect(await readable(before)).toContain(pseudonyms[1]);
      for (const name of await readdir(directory.path)) {
        expect((await readFile(join(directory.path, name))).includes(before.subarray(0, 32))).toBe(false);
      }
      await consumeOnce(log, "g", async (reader) => {
        expect(await reader.read(2, 1, 0)).toEqual([{ offset: 2, value: Buffer.from(pseudonyms[2] ?? "") }]);
      });
    });

    test("also if a kill came between the removal and the key's end", async () => {
      await appendCanary(0);
      await log.close();
      await appendFile(join(directory.path, "keys"), Buffer.alloc(32, 7));
      log = await openLmdbEventLog({ path: directory.path, partitions: 1, clock: () => nowMs });
      expect((await keysNow()).subarray(32)).toEqual(Buffer.alloc(32));
      await consumeOnce(log, "g", async (reader) => {
        expect(await reader.read(0, 1, 0)).toHaveLength(1);
      });
    });
  });

  test("says so when the file of keys is not its own", async () => {
    await appendOne();
    await writeFile(join(directory.path, "keys"), Buffer.alloc(32, 7));
    await consumeOnce(log, "g", async (reader) => {
      await expect(reader.read(0, 1, 0)).rejects.toThrow("event log (lmdb): read failed: the key is gone");
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

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error("it did not come true in time");
    await sleep(5);
  }
}
