import { readSealed } from "../keys/sealing.ts";
import type { LmdbEnvironment } from "../lmdb/environment.ts";
import type { Arrivals } from "./arrivals.ts";
import { type ConsumeOptions, OffsetOutOfRangeError, type PartitionReader } from "./event-log.ts";
import type { EventLogTables, PartitionStore } from "./partition-store.ts";
import type { Topic } from "./topic-store.ts";
import { TRIM_EVERY_MS, type Trim } from "./trim.ts";

export interface Consumer {
  readonly environment: LmdbEnvironment<keyof EventLogTables>;
  readonly arrivals: Arrivals;
  readonly topic: Topic;
  readonly group: string;
  readonly trim: Trim;
  readonly clock: () => number;
}

/** Appends of this process are announced; those of another are found by looking, this often. */
const POLL_MS = 200;
const MAX_METADATA_CHARACTERS = 4_096;

/** Runs `onPartition` for every partition until all have returned; the first that throws stops the others. */
export async function consumePartitions(
  consumer: Consumer,
  onPartition: ConsumeOptions["onPartition"],
  stop: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  const lease = { held: true };
  const errors: unknown[] = [];
  await Promise.all(
    consumer.topic.partitions.map(async (partition) => {
      try {
        await onPartition(createReader(consumer, partition, signal, lease), signal);
      } catch (error) {
        errors.push(error);
        failed.abort();
      }
    }),
  );
  lease.held = false;
  if (errors.length > 0) throw errors[0];
}

function createReader(
  { environment, arrivals, topic, group, trim, clock }: Consumer,
  store: PartitionStore,
  signal: AbortSignal,
  lease: { readonly held: boolean },
): PartitionReader {
  let trimAtMs = Number.NEGATIVE_INFINITY;

  /** After a commit too: under load, what is over goes away as fast as new records come. */
  async function trimWhenDue(): Promise<void> {
    const nowMs = clock();
    if (nowMs < trimAtMs) return;
    trimAtMs = nowMs + TRIM_EVERY_MS;
    await trim(topic.name, [store]);
  }

  function assertHeld(): void {
    if (!lease.held)
      throw new Error(`event log (lmdb): partition ${store.partition} of ${topic.name} is no longer held`);
  }

  return {
    topicId: topic.id,
    topic: topic.name,
    partition: store.partition,
    async committed() {
      return environment.read(() => store.committed(group) ?? { offset: store.bounds().start, metadata: "" });
    },
    async read(fromOffset, maxRecords, waitMs) {
      const deadlineMs = performance.now() + waitMs;
      for (;;) {
        assertHeld();
        const arrived = arrivals.count(topic.name);
        const found = await readSealed(environment, () => store.read(fromOffset, maxRecords));
        if ("retained" in found) {
          throw new OffsetOutOfRangeError(
            `offset ${fromOffset} is outside what is retained, ${found.retained.start} to ${found.retained.end}`,
          );
        }
        const leftMs = deadlineMs - performance.now();
        if (found.records.length > 0 || leftMs <= 0 || signal.aborted) return found.records;
        await arrivals.next(topic.name, arrived, Math.min(leftMs, POLL_MS), signal);
      }
    },
    async commit({ offset, metadata }) {
      assertHeld();
      if (metadata.length > MAX_METADATA_CHARACTERS) {
        throw new RangeError(`event log: metadata has at most ${MAX_METADATA_CHARACTERS} characters`);
      }
      const end = await environment.write(() => {
        const { end } = store.bounds();
        if (offset > end) return end;
        store.commit(group, { offset, metadata });
        return undefined;
      });
      if (end !== undefined)
        throw new OffsetOutOfRangeError(`offset ${offset} is after the log's end, ${end}`);
      await trimWhenDue();
    },
  };
}
