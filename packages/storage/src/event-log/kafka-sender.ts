import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { NumericMap, ProduceAcks, type produceV11 } from "@platformatic/kafka";
import type { AppendRecord } from "./event-log.ts";
import { KAFKA_APIS } from "./kafka-apis.ts";
import { answerWithErrors, type KafkaCluster } from "./kafka-cluster.ts";
import { KafkaError, kafkaErrorOf, kafkaErrorOfCode } from "./kafka-error.ts";
import { type Batch, Lane } from "./kafka-lane.ts";
import { pauseMs, retryTransient } from "./kafka-retry.ts";
import { type Stamp, Stamps } from "./kafka-stamps.ts";

interface Addressed {
  readonly batch: Batch;
  readonly leader: number;
  readonly stamp: Stamp;
}

interface Failure {
  readonly batch: Batch;
  readonly error: KafkaError;
}

/** The brokers have it already: as good as acknowledged. */
const DUPLICATE_SEQUENCE_NUMBER = 46;
const UNKNOWN_SERVER_ERROR = -1;
const SLOWNESS = "ETIMEDOUT";
/** The brokers know nothing of this producer any more, or something else: another one sends the batch. */
const PRODUCER_IS_LOST: ReadonlySet<string> = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
]);

/**
 * Appends with acknowledgement by every replica in sync. What arrives while a batch is on its way makes up the next one, and the
 * batches of one leader share a request. A batch is tried again, and found to be there already if it is, until its time is over; its
 * fate is unknown then, and so nothing more is sent under that producer.
 */
export class KafkaSender {
  private readonly cluster: KafkaCluster;
  private readonly timeoutMs: number;
  private readonly pool: ReturnType<KafkaCluster["openPool"]>;
  private readonly lanes = new Map<string, Lane>();
  private readonly stamps: Stamps;
  private isScheduled = false;
  /** Why the last attempt was in vain. */
  private hindrance = SLOWNESS;

  /** `timeoutMs`: of an append. */
  constructor(cluster: KafkaCluster, timeoutMs: number) {
    this.cluster = cluster;
    this.timeoutMs = timeoutMs;
    this.pool = cluster.openPool();
    this.stamps = new Stamps(cluster);
  }

  /** Rejects with what kept it, once its time is over. */
  append(topicName: string, records: readonly AppendRecord[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const tooLate = () => reject(new KafkaError(this.hindrance, { isTransient: true }));
    const timer = setTimeout(tooLate, this.timeoutMs);
    this.enqueue(topicName, records, performance.now() + this.timeoutMs)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
    return promise;
  }

  private async enqueue(
    topicName: string,
    records: readonly AppendRecord[],
    deadlineMs: number,
  ): Promise<void> {
    const { partitions } = await retryTransient(() => this.cluster.topic(topicName), this.timeoutMs);
    const byPartition = Map.groupBy(records, ({ key }) => partitionOf(key, partitions.length));
    const appends = [...byPartition].map(([partition, those]) =>
      this.lane(topicName, partition).add(those, deadlineMs),
    );
    this.schedule();
    await Promise.all(appends);
  }

  private lane(topic: string, partition: number): Lane {
    const name = `${partition} ${topic}`;
    const lane = this.lanes.get(name) ?? new Lane(topic, partition);
    this.lanes.set(name, lane);
    return lane;
  }

  /** At the end of this turn, so that all who append in it share a request. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      const batches = [...this.lanes.values()].flatMap((lane) => lane.take(performance.now()) ?? []);
      if (batches.length > 0) void this.deliver(batches);
    });
  }

  private async deliver(batches: readonly Batch[]): Promise<void> {
    let left = batches;
    for (let attempts = 1; ; attempts++) {
      const failures = await this.attempt(left);
      this.hindrance = failures[0]?.error.code ?? SLOWNESS;
      const nextMs = performance.now() + pauseMs(attempts);
      const isOver = ({ batch, error }: Failure) => !error.isTransient || nextMs >= batch.deadlineMs;
      for (const { batch, error } of failures.filter(isOver)) this.giveUp(batch, error);
      left = failures.filter((failure) => !isOver(failure)).map(({ batch }) => batch);
      this.schedule();
      if (left.length === 0) return;
      await sleep(pauseMs(attempts));
    }
  }

  private giveUp(batch: Batch, error: KafkaError): void {
    this.stamps.retire(batch);
    batch.reject(error);
  }

  private async attempt(batches: readonly Batch[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    const addressed: Addressed[] = [];
    const address = async (batch: Batch) => {
      try {
        addressed.push({ batch, leader: await this.leaderOf(batch), stamp: await this.stamps.of(batch) });
      } catch (error) {
        failures.push({ batch, error: kafkaErrorOf(error) });
      }
    };
    await Promise.all(batches.map(address));
    const requests = Map.groupBy(addressed, ({ leader, stamp }) => `${leader} ${stamp.producerId}`);
    const failed = await Promise.all([...requests.values()].map((request) => this.produce(request)));
    return [...failures, ...failed.flat()];
  }

  private async leaderOf({ lane }: Batch): Promise<number> {
    const { partitions } = await this.cluster.topic(lane.topic);
    return partitions[lane.partition]?.leader ?? -1;
  }

  /** Of one leader and one producer. */
  private async produce(request: readonly Addressed[]): Promise<Failure[]> {
    try {
      const answer = await this.send(request);
      return request.flatMap(({ batch }) => this.settle(batch, answer) ?? []);
    } catch (thrown) {
      const error = kafkaErrorOf(thrown);
      for (const { batch } of request) this.cluster.forgetTopic(batch.lane.topic);
      return request.map(({ batch }) => ({ batch, error }));
    }
  }

  private async send(request: readonly Addressed[]): Promise<produceV11.ProduceResponse> {
    const [{ leader, stamp } = { leader: -1, stamp: undefined }] = request;
    const messages = request.flatMap(({ batch: { lane, records } }) =>
      records.map(({ key, value }) => ({
        topic: lane.topic,
        partition: lane.partition,
        key: asBuffer(key),
        value: asBuffer(value),
      })),
    );
    const sequences = new NumericMap(
      request.map(({ batch: { lane }, stamp: { sequence } }) => [
        `${lane.topic}:${lane.partition}`,
        sequence,
      ]),
    );
    const options = {
      compression: "none",
      producerId: stamp?.producerId ?? -1n,
      producerEpoch: stamp?.producerEpoch ?? -1,
      sequences,
    } as const;
    const answer = await this.cluster
      .askBroker(
        leader,
        KAFKA_APIS.produce,
        [ProduceAcks.ALL, this.cluster.patienceMs, messages, options],
        this.pool,
      )
      .catch(answerWithErrors<produceV11.ProduceResponse>);
    if (typeof answer === "boolean")
      throw new KafkaError("UNKNOWN", { detail: "an append was not answered" });
    return answer;
  }

  /** undefined once it is acknowledged. */
  private settle(batch: Batch, answer: produceV11.ProduceResponse): Failure | undefined {
    const { lane } = batch;
    const topic = answer.responses.find(({ name }) => name === lane.topic);
    const partition = topic?.partitionResponses.find(({ index }) => index === lane.partition);
    if (partition?.errorCode === 0 || partition?.errorCode === DUPLICATE_SEQUENCE_NUMBER) {
      batch.acknowledge();
      return undefined;
    }
    return {
      batch,
      error: this.refused(batch, kafkaErrorOfCode(partition?.errorCode ?? UNKNOWN_SERVER_ERROR)),
    };
  }

  private refused(batch: Batch, error: KafkaError): KafkaError {
    this.cluster.forgetTopic(batch.lane.topic);
    if (!PRODUCER_IS_LOST.has(error.code)) return error;
    this.stamps.retire(batch);
    return new KafkaError(error.code, { isTransient: true, cause: error });
  }
}

/** Of all processes that append: a key's records meet in one partition. */
function partitionOf(key: Uint8Array, partitions: number): number {
  return crc32(key) % partitions;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
