import { KAFKA_APIS } from "./kafka-apis.ts";
import type { KafkaCluster } from "./kafka-cluster.ts";
import type { Batch, Lane } from "./kafka-lane.ts";

/** By which the brokers know a batch that they have already. */
export interface Stamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of the batch's first record, among those of this producer in this partition. */
  readonly sequence: number;
}

interface Producer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly nextSequences: Map<Lane, number>;
}

const SEQUENCES = 2 ** 31;
const NO_TRANSACTION = null;
const NO_PRODUCER = [-1n, -1] as const;

/** A batch keeps its stamp for all its attempts. All stamps are one producer's, until the fate of a batch of it is unknown. */
export class Stamps {
  private readonly cluster: KafkaCluster;
  private readonly given = new WeakMap<Batch, { readonly stamp: Stamp; readonly by: Promise<Producer> }>();
  private producer: Promise<Producer> | undefined;

  constructor(cluster: KafkaCluster) {
    this.cluster = cluster;
  }

  async of(batch: Batch): Promise<Stamp> {
    const given = this.given.get(batch);
    if (given !== undefined) return given.stamp;
    this.producer ??= this.becomeProducer();
    const by = this.producer;
    const { nextSequences, ...producer } = await by;
    const sequence = nextSequences.get(batch.lane) ?? 0;
    nextSequences.set(batch.lane, (sequence + batch.records.length) % SEQUENCES);
    const stamp = { ...producer, sequence };
    this.given.set(batch, { stamp, by });
    return stamp;
  }

  /** Other batches get no stamps of this one's producer any more, and neither does this one if it is sent again. */
  retire(batch: Batch): void {
    if (this.producer === this.given.get(batch)?.by) this.producer = undefined;
    this.given.delete(batch);
  }

  private async becomeProducer(): Promise<Producer> {
    const { patienceMs } = this.cluster;
    try {
      const question = [NO_TRANSACTION, patienceMs, ...NO_PRODUCER] as const;
      const { producerId, producerEpoch } = await this.cluster.ask(KAFKA_APIS.initProducerId, ...question);
      return { producerId, producerEpoch, nextSequences: new Map() };
    } catch (error) {
      this.producer = undefined;
      throw error;
    }
  }
}
