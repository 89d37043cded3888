import { type fetchV17, IS_CONTROL } from "@platformatic/kafka";
import {
  type CommittedOffset,
  type LogRecord,
  OffsetOutOfRangeError,
  type PartitionReader,
} from "./event-log.ts";
import { KAFKA_APIS } from "./kafka-apis.ts";
import { answerWithErrors, type KafkaCluster } from "./kafka-cluster.ts";
import { KafkaError, kafkaErrorOfCode } from "./kafka-error.ts";
import type { Lease } from "./kafka-lease.ts";
import { readCommitted, readOffsets } from "./kafka-offsets.ts";
import { retryTransient } from "./kafka-retry.ts";

interface Source {
  readonly cluster: KafkaCluster;
  readonly group: string;
  /** As the brokers know it. */
  readonly topicName: string;
  readonly topic: string;
}

const MAX_METADATA_CHARACTERS = 4_096;
const MAX_FETCH_BYTES = 4 * 1_024 * 1_024;
/** Of one answer; a longer wait is made of several. */
const MAX_WAIT_MS = 500;
const RETRY_MS = 2_000;
const OFFSET_OUT_OF_RANGE = 1;
const UNKNOWN_TOPIC_ID = 100;
const UNKNOWN_SERVER_ERROR = -1;

/** Reads one partition by asking for it: no more is in memory than one answer, of which the next reads are served. */
export class KafkaPartition implements PartitionReader {
  readonly topicId: string;
  readonly topic: string;
  readonly partition: number;
  private readonly source: Source;
  private readonly lease: Lease;
  private readonly pool: ReturnType<KafkaCluster["openPool"]>;
  /** Without gaps. */
  private fetched: readonly LogRecord[] = [];
  /** Where the log ended, the last time that was told. */
  private end = 0;

  constructor(source: Source, lease: Lease) {
    this.source = source;
    this.lease = lease;
    this.topicId = lease.topicId;
    this.topic = source.topic;
    this.partition = lease.partition;
    this.pool = source.cluster.openPool();
  }

  async close(): Promise<void> {
    await this.source.cluster.closePool(this.pool);
  }

  async committed(): Promise<CommittedOffset> {
    const { cluster, group, topicName } = this.source;
    return retryTransient(async () => {
      const topic = await cluster.topic(topicName);
      const committed = (await readCommitted(cluster, group, topic)).get(this.partition);
      if (committed !== undefined) return committed;
      const first = await readOffsets(cluster, topic, "first");
      return { offset: first.get(this.partition) ?? 0, metadata: "" };
    }, RETRY_MS);
  }

  async read(fromOffset: number, maxRecords: number, waitMs: number): Promise<LogRecord[]> {
    const deadlineMs = performance.now() + waitMs;
    const records: LogRecord[] = [];
    for (;;) {
      this.lease.assertHeld();
      const next = fromOffset + records.length;
      records.push(...this.fetchedFrom(next, maxRecords - records.length));
      if (records.length === maxRecords || this.lease.signal.aborted) return records;
      if (records.length > 0 && fromOffset + records.length >= this.end) return records;
      const leftMs = records.length > 0 ? 0 : Math.max(0, deadlineMs - performance.now());
      const found = await this.fetchUnlessAborted(
        fromOffset + records.length,
        Math.min(leftMs, MAX_WAIT_MS, this.source.cluster.patienceMs),
      );
      if (found === 0 && (leftMs === 0 || performance.now() >= deadlineMs)) return records;
    }
  }

  async commit({ offset, metadata }: CommittedOffset): Promise<void> {
    this.lease.assertHeld();
    if (metadata.length > MAX_METADATA_CHARACTERS) {
      throw new RangeError(`event log: metadata has at most ${MAX_METADATA_CHARACTERS} characters`);
    }
    await this.assertSameTopic();
    if (offset > this.end) await this.readEnd();
    if (offset > this.end)
      throw new OffsetOutOfRangeError(`offset ${offset} is after the log's end, ${this.end}`);
    await this.lease.commit({ offset, metadata });
  }

  private fetchedFrom(offset: number, count: number): readonly LogRecord[] {
    const index = offset - (this.fetched[0]?.offset ?? 0);
    return index < 0 ? [] : this.fetched.slice(index, index + count);
  }

  private async readEnd(): Promise<void> {
    const { cluster, topicName } = this.source;
    const next = await retryTransient(
      async () => readOffsets(cluster, await cluster.topic(topicName), "next"),
      RETRY_MS,
    );
    this.end = next.get(this.partition) ?? 0;
  }

  /** How many came. */
  private fetchUnlessAborted(fromOffset: number, waitMs: number): Promise<number> {
    const { signal } = this.lease;
    return new Promise((resolve, reject) => {
      const giveUp = () => resolve(0);
      signal.addEventListener("abort", giveUp, { once: true });
      retryTransient(() => this.fetch(fromOffset, waitMs), RETRY_MS)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", giveUp));
    });
  }

  private async fetch(fromOffset: number, waitMs: number): Promise<number> {
    const { cluster, topicName } = this.source;
    const topic = await cluster.topic(topicName);
    const leader = topic.partitions[this.partition]?.leader ?? -1;
    const answer = await cluster
      .askBroker(leader, KAFKA_APIS.fetch, fetchQuestion(this.lease, fromOffset, waitMs), this.pool)
      .catch(answerWithErrors<fetchV17.FetchResponse>);
    const [partition] = answer.responses.flatMap(({ partitions }) => partitions);
    const errorCode = answer.errorCode || (partition?.errorCode ?? UNKNOWN_SERVER_ERROR);
    if (errorCode === OFFSET_OUT_OF_RANGE)
      throw new OffsetOutOfRangeError(`offset ${fromOffset} is not among those that the log retains`);
    if (errorCode !== 0 || partition === undefined) throw this.refused(topic.id, errorCode);
    this.fetched = recordsFrom(partition, fromOffset);
    this.end = Number(partition.highWatermark);
    return this.fetched.length;
  }

  private refused(topicIdNow: string, errorCode: number): KafkaError {
    this.source.cluster.forgetTopic(this.source.topicName);
    return errorCode === UNKNOWN_TOPIC_ID && topicIdNow !== this.topicId
      ? anotherTopic()
      : kafkaErrorOfCode(errorCode);
  }

  /** Offsets are committed by the topic's name: those of an earlier topic would skip records of the present one. */
  private async assertSameTopic(): Promise<void> {
    const { cluster, topicName } = this.source;
    const { id } = await retryTransient(() => cluster.topic(topicName, 0), RETRY_MS);
    if (id !== this.topicId) throw anotherTopic();
  }
}

function anotherTopic(): KafkaError {
  return new KafkaError("UNKNOWN_TOPIC_ID", { detail: "the topic was deleted and created again" });
}

function fetchQuestion({ topicId, partition }: Lease, fromOffset: number, waitMs: number) {
  const wanted = {
    partition,
    fetchOffset: BigInt(fromOffset),
    partitionMaxBytes: MAX_FETCH_BYTES,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
  const topics = [{ topicId, partitions: [wanted] }];
  // At least one byte; also what is not committed; outside any session, of which -1 is the last epoch; nothing forgotten; no rack.
  return [Math.ceil(waitMs), 1, MAX_FETCH_BYTES, 0, 0, -1, topics, [], ""] satisfies fetchV17.FetchRequest;
}

/** An answer begins with the batch that the offset is in. */
function recordsFrom({ records }: fetchV17.FetchResponsePartition, fromOffset: number): LogRecord[] {
  const found: LogRecord[] = [];
  for (const batch of records ?? []) {
    if ((batch.attributes & IS_CONTROL) !== 0) continue;
    const first = Number(batch.firstOffset);
    for (const { offsetDelta, value } of batch.records) {
      const offset = first + offsetDelta;
      if (offset < fromOffset) continue;
      if (offset !== fromOffset + found.length)
        throw new KafkaError("RECORDS_MISSING", {
          detail: "the topic has gaps: something else writes to it",
        });
      found.push({ offset, value: value ?? Buffer.alloc(0) });
    }
  }
  return found;
}
