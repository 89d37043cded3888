import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumeOptions, EventLog, PartitionProgress } from "./event-log.ts";
import { KAFKA_APIS } from "./kafka-apis.ts";
import { KafkaCluster } from "./kafka-cluster.ts";
import { KafkaError } from "./kafka-error.ts";
import { assertAppendable } from "./kafka-health.ts";
import { GroupMember } from "./kafka-member.ts";
import { readCommitted, readOffsets } from "./kafka-offsets.ts";
import type { KafkaConnectionOptions } from "./kafka-options.ts";
import { KafkaPartition } from "./kafka-partition.ts";
import { retryTransient } from "./kafka-retry.ts";
import { KafkaSender } from "./kafka-sender.ts";

export type { KafkaConnectionOptions, KafkaSaslOptions, KafkaTlsOptions } from "./kafka-options.ts";
export { type KafkaTopicPlan, migrateKafkaTopics } from "./kafka-topics.ts";

export interface KafkaEventLogOptions extends KafkaConnectionOptions {
  /** What `check` looks at besides the topics that were used already. */
  readonly topics?: readonly string[];
  /** How long an append is tried; it is rejected then, though it may come to be. */
  readonly appendTimeoutMs?: number;
}

const DEFAULT_APPEND_TIMEOUT_MS = 15_000;
const LOOK_UP_WITHIN_MS = 5_000;
const CLOSE_WITHIN_MS = 5_000;

/**
 * An event log in topics of Apache Kafka 4.0 or later, which `migrateKafkaTopics` has made. What is acknowledged is on every replica in
 * sync. A group's partitions are shared out among the processes that consume it. Nothing is asked of the brokers before it is needed:
 * `check` says whether they are there.
 */
export async function openKafkaEventLog(options: KafkaEventLogOptions): Promise<EventLog> {
  const { prefix = "", topics = [], appendTimeoutMs = DEFAULT_APPEND_TIMEOUT_MS } = options;
  const cluster = new KafkaCluster(options);
  const sender = new KafkaSender(cluster, appendTimeoutMs);
  const used = new Set(topics.map((topic) => `${prefix}${topic}`));
  const atWork = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

  function assertOpen(): void {
    if (closing.signal.aborted) throw new KafkaError("CLOSED", { detail: "closed" });
  }

  function nameOf(topic: string): string {
    assertOpen();
    used.add(`${prefix}${topic}`);
    return `${prefix}${topic}`;
  }

  /** `close` waits for it. */
  async function watch<T>(work: Promise<T>): Promise<T> {
    atWork.add(work);
    try {
      return await work;
    } finally {
      atWork.delete(work);
    }
  }

  async function consume({ topic, group, signal, onPartition }: ConsumeOptions): Promise<void> {
    const source = { cluster, topic, topicName: nameOf(topic), group: `${prefix}${group}` };
    await retryTransient(() => cluster.topic(source.topicName), LOOK_UP_WITHIN_MS);
    const member = new GroupMember({
      ...source,
      async onPartition(lease) {
        const partition = new KafkaPartition(source, lease);
        try {
          await onPartition(partition, lease.signal);
        } finally {
          await partition.close();
        }
      },
    });
    await member.run(AbortSignal.any([signal, closing.signal]));
  }

  async function readProgress(topicName: string, group: string): Promise<PartitionProgress[]> {
    const topic = await cluster.topic(topicName);
    // What is committed and retained only grows: read in this order, neither is past the end.
    const committed = await readCommitted(cluster, group, topic);
    const first = await readOffsets(cluster, topic, "first");
    const next = await readOffsets(cluster, topic, "next");
    return [...topic.partitions.keys()].map((partition) => {
      const startOffset = first.get(partition) ?? 0;
      return {
        topicId: topic.id,
        partition,
        startOffset,
        committedOffset: committed.get(partition)?.offset ?? startOffset,
        endOffset: next.get(partition) ?? 0,
      };
    });
  }

  async function closeAll(): Promise<void> {
    closing.abort();
    const isDone = Promise.allSettled(atWork);
    // Who closes the log in the midst of consuming would wait for itself.
    await Promise.race([isDone, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    await cluster.close();
  }

  return {
    async append(topic, records) {
      const topicName = nameOf(topic);
      if (records.length > 0) await watch(sender.append(topicName, records));
    },
    consume: (consuming) => watch(consume(consuming)),
    async progress(topic, group) {
      const topicName = nameOf(topic);
      return retryTransient(() => readProgress(topicName, `${prefix}${group}`), LOOK_UP_WITHIN_MS);
    },
    async check() {
      assertOpen();
      await Promise.all([...used].map((topicName) => assertAppendable(cluster, topicName)));
      if (used.size === 0) await cluster.ask(KAFKA_APIS.metadata, [], false, false);
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
