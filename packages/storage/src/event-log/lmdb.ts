import { join } from "node:path";
import { KeySlots } from "../keys/key-slots.ts";
import { openLmdbEnvironment } from "../lmdb/environment.ts";
import { Arrivals } from "./arrivals.ts";
import type { AppendRecord, EventLog } from "./event-log.ts";
import { consumePartitions } from "./lmdb-consumer.ts";
import type { EventLogFiles } from "./partition-store.ts";
import { SegmentTable } from "./segment-table.ts";
import { appendToTopic, findOrCreateTopic, findTopic, listTopics } from "./topic-store.ts";
import { createTrim, TRIM_EVERY_MS } from "./trim.ts";

export interface LmdbEventLogOptions {
  /** A directory of its own. */
  readonly path: string;
  /** Of topics created from now on; a topic keeps those that it was created with. */
  readonly partitions?: number;
  /**
   * How long records stay readable after they were appended, and then until every group that ever committed has
   * passed them. Those appended within a 36th of it are removed together, when the last of them is due.
   */
  readonly retentionMs?: number;
  /** Topics that no group is expected to consume: there, age alone decides. In all others what nobody has read stays. */
  readonly unreadTopics?: readonly string[];
  /** How often what is due is looked for, whatever the clock says. */
  readonly trimEveryMs?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** What is appended while nothing gets to the disk: whoever appends it may have given it up. As much as of one partition of Kafka. */
const MAX_WAITING_BYTES = 32 * 1_024 * 1_024;
const SIX_HOURS_MS = 6 * 60 * 60 * 1_000;
/** Ten minutes of six hours: few enough keys to be read in one go, and few records that wait for others. */
const SEGMENTS_PER_RETENTION = 36;

/**
 * An event log in one LMDB directory, its records sealed. What was removed can be read by nobody, not even from
 * the files. Appends that wait for the same commit share it. Topics come into being
 * when first named. All partitions go to a group's one consumer in this process; nothing stops a second process
 * from consuming the same group.
 */
export async function openLmdbEventLog({
  path,
  partitions = 2,
  retentionMs = SIX_HOURS_MS,
  unreadTopics = [],
  trimEveryMs = TRIM_EVERY_MS,
  clock = Date.now,
}: LmdbEventLogOptions): Promise<EventLog> {
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1_024) {
    throw new RangeError("event log: partitions must be 1 to 1,024");
  }
  const tableNames = ["topics", "partitions", "segments", "blocks", "groups"] as const;
  const environment = await openLmdbEnvironment("event log", path, tableNames);
  const { tables } = environment;
  const keys = new KeySlots(join(path, "keys"));
  const segments = new SegmentTable(tables.segments, keys, retentionMs / SEGMENTS_PER_RETENTION);
  const files: EventLogFiles = { tables, segments };
  const trim = createTrim({ environment, segments, retentionMs, unreadTopics, clock });
  const arrivals = new Arrivals();
  const consuming = new Map<string, AbortController>();
  const appending = new Set<{ readonly topic: string; readonly records: readonly AppendRecord[] }>();
  let waitingBytes = 0;

  /** Everything that waits to be appended goes in together: one block a partition, not one a caller. */
  function appendWaiting(): void {
    const byTopic = Map.groupBy(appending, ({ topic }) => topic);
    appending.clear();
    for (const [name, appends] of byTopic) {
      const topic = findOrCreateTopic(files, name, partitions);
      appendToTopic(
        topic,
        appends.flatMap(({ records }) => records),
        clock(),
      );
    }
  }

  async function trimAll(): Promise<void> {
    const topics = await environment.read(() => listTopics(files));
    for (const { name, partitions } of topics) await trim(name, partitions);
  }

  async function closeAll(): Promise<void> {
    clearInterval(trimming);
    for (const stop of consuming.values()) stop.abort();
    await environment.close();
    keys.close();
  }

  // A process that was killed may have come no further than the removal.
  await environment.writeAlone(() => segments.shred());
  // The next turn tries again; whether the store is sound is for `check` to say.
  const trimming = setInterval(() => void trimAll().catch(() => undefined), trimEveryMs).unref();
  let closing: Promise<void> | undefined;
  return {
    async append(topic, records) {
      if (records.length === 0) return;
      const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES)
        throw new Error("event log (lmdb): too much waits to be appended already");
      const waiting = { topic, records };
      appending.add(waiting);
      waitingBytes += bytes;
      try {
        await environment.write(appendWaiting);
      } finally {
        appending.delete(waiting);
        waitingBytes -= bytes;
      }
      arrivals.announce(topic);
    },
    async consume({ topic: name, group, signal, onPartition }) {
      const held = JSON.stringify([name, group]);
      if (consuming.has(held))
        throw new Error(`event log (lmdb): ${name} is being consumed by group ${group} already`);
      const stop = new AbortController();
      consuming.set(held, stop);
      try {
        const topic = await environment.write(() => findOrCreateTopic(files, name, partitions));
        await consumePartitions(
          { environment, arrivals, topic, group, trim, clock },
          onPartition,
          AbortSignal.any([signal, stop.signal]),
        );
      } finally {
        consuming.delete(held);
      }
    },
    async progress(name, group) {
      return environment.read(() => {
        const topic = findTopic(files, name);
        return (topic?.partitions ?? []).map((partition) => {
          const { start, end } = partition.bounds();
          return {
            topicId: topic?.id ?? "",
            partition: partition.partition,
            startOffset: start,
            committedOffset: partition.committed(group)?.offset ?? start,
            endOffset: end,
          };
        });
      });
    },
    check: environment.check,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
