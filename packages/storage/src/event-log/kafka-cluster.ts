import {
  type API,
  type Broker,
  type Connection,
  ConnectionPool,
  clientSoftwareName,
  clientSoftwareVersion,
  FindCoordinatorKeyTypes,
  type metadataV12,
  parseBroker,
  ResponseError,
} from "@platformatic/kafka";
import { RUN_DIT_MIGRATE } from "../run-dit-migrate.ts";
import { apiVersions, KAFKA_APIS } from "./kafka-apis.ts";
import { KafkaError, kafkaErrorOf, kafkaErrorOfCode } from "./kafka-error.ts";
import {
  CLIENT_ID,
  connectionOptions,
  type KafkaConnectionOptions,
  requestTimeoutMs,
} from "./kafka-options.ts";

export interface KafkaTopic {
  /** Another one once the topic was deleted and created again. */
  readonly id: string;
  readonly name: string;
  /** By number, from 0. */
  readonly partitions: readonly KafkaPartition[];
}

export interface KafkaPartition {
  /** A broker's id; -1 while there is none. */
  readonly leader: number;
  readonly replicas: number;
  readonly inSyncReplicas: number;
}

const TOPIC_FRESH_MS = 60_000;
const UNKNOWN_TOPIC = 3;
const PATIENCE = 0.6;

/** The brokers of one cluster: who leads what, and requests to them. Whatever it rejects with is a KafkaError. */
export class KafkaCluster {
  /** How long a broker may be told to take for an answer that it waits for itself: it is here before nobody waits any more. */
  readonly patienceMs: number;
  private readonly options: KafkaConnectionOptions;
  private readonly pool: ConnectionPool;
  private readonly pools = new Set<ConnectionPool>();
  private readonly bootstrap: readonly Broker[];
  private brokers: ReadonlyMap<number, Broker> = new Map();
  /** Goes up when a broker failed, so that another one is tried first. */
  private firstBroker = 0;
  private supported: Promise<void> | undefined;
  private readonly topics = new Map<string, { readonly atMs: number; readonly topic: Promise<KafkaTopic> }>();
  private readonly coordinators = new Map<string, number>();

  constructor(options: KafkaConnectionOptions) {
    this.options = options;
    this.patienceMs = Math.ceil(requestTimeoutMs(options) * PATIENCE);
    this.bootstrap = options.brokers.map((broker) => parseBroker(broker));
    this.pool = this.openPool();
  }

  /** Connections of their own: a broker answers what comes on one connection in turn, however long one answer takes. */
  openPool(): ConnectionPool {
    const pool = new ConnectionPool(CLIENT_ID, connectionOptions(this.options));
    // A connection that has failed may fail once more, and nobody listens any more then.
    pool.on("connecting", ({ connection }) => connection.on("error", () => undefined));
    this.pools.add(pool);
    return pool;
  }

  async closePool(pool: ConnectionPool): Promise<void> {
    this.pools.delete(pool);
    await pool.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools].map((pool) => pool.close()));
  }

  /** Asks any broker. */
  async ask<Question extends unknown[], Answer>(
    api: API<Question, Answer>,
    ...question: Question
  ): Promise<Answer> {
    try {
      return await send(await this.connectToAny(), api, question);
    } catch (error) {
      this.firstBroker += 1;
      throw kafkaErrorOf(error);
    }
  }

  async askBroker<Question extends unknown[], Answer>(
    id: number,
    api: API<Question, Answer>,
    question: Question,
    pool = this.pool,
  ): Promise<Answer> {
    const broker = this.brokers.get(id);
    if (broker === undefined) throw new KafkaError("LEADER_NOT_AVAILABLE", { isTransient: true });
    try {
      return await send(await pool.get(broker), api, question);
    } catch (error) {
      const failure = kafkaErrorOf(error);
      // Perhaps somebody else leads now.
      if (failure.isTransient) this.topics.clear();
      throw failure;
    }
  }

  async askCoordinator<Question extends unknown[], Answer>(
    group: string,
    api: API<Question, Answer>,
    ...question: Question
  ): Promise<Answer> {
    const id = this.coordinators.get(group) ?? (await this.findCoordinator(group));
    try {
      return await this.askBroker(id, api, question);
    } catch (error) {
      if (kafkaErrorOf(error).isTransient) this.coordinators.delete(group);
      throw error;
    }
  }

  /** As it was not longer ago. */
  topic(name: string, maxAgeMs = TOPIC_FRESH_MS): Promise<KafkaTopic> {
    const known = this.topics.get(name);
    const atMs = performance.now();
    if (known !== undefined && atMs - known.atMs < maxAgeMs) return known.topic;
    const topic = this.readTopic(name);
    this.topics.set(name, { atMs, topic });
    topic.catch(() => this.forgetTopic(name));
    return topic;
  }

  /** It is asked for again the next time. */
  forgetTopic(name: string): void {
    this.topics.delete(name);
  }

  private async readTopic(name: string): Promise<KafkaTopic> {
    await this.assertSupported();
    const { topics } = await this.readMetadata([name]);
    const topic = topics.find((each) => each.name === name);
    const errorCode = topic?.errorCode ?? UNKNOWN_TOPIC;
    if (errorCode === UNKNOWN_TOPIC)
      throw new KafkaError(RUN_DIT_MIGRATE, { detail: `topic ${name} does not exist: run dit migrate` });
    if (topic === undefined || errorCode !== 0) throw kafkaErrorOfCode(errorCode);
    const partitions: KafkaPartition[] = [];
    for (const { partitionIndex, leaderId, replicaNodes, isrNodes } of topic.partitions) {
      const [replicas, inSyncReplicas] = [replicaNodes.length, isrNodes.length];
      partitions[partitionIndex] = { leader: leaderId, replicas, inSyncReplicas };
    }
    return { id: topic.topicId, name, partitions };
  }

  private async readMetadata(topics: string[]): Promise<metadataV12.MetadataResponse> {
    const answer = await this.ask(KAFKA_APIS.metadata, topics, false, false).catch(
      answerWithErrors<metadataV12.MetadataResponse>,
    );
    this.brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    return answer;
  }

  private async findCoordinator(group: string): Promise<number> {
    const { coordinators } = await this.ask(KAFKA_APIS.findCoordinator, FindCoordinatorKeyTypes.GROUP, [
      group,
    ]);
    const coordinator = coordinators.find(({ key }) => key === group);
    if (coordinator === undefined) throw new KafkaError("COORDINATOR_NOT_AVAILABLE", { isTransient: true });
    if (!this.brokers.has(coordinator.nodeId)) await this.readMetadata([]);
    this.coordinators.set(group, coordinator.nodeId);
    return coordinator.nodeId;
  }

  private assertSupported(): Promise<void> {
    this.supported ??= this.readVersions();
    this.supported.catch(() => {
      this.supported = undefined;
    });
    return this.supported;
  }

  private async readVersions(): Promise<void> {
    const { apiKeys } = await this.ask(apiVersions, clientSoftwareName, clientSoftwareVersion);
    const isKnown = ({ key, version }: { key: number; version: number }) =>
      apiKeys.some(({ apiKey, maxVersion }) => apiKey === key && version <= maxVersion);
    if (!Object.values(KAFKA_APIS).every(isKnown))
      throw new KafkaError("UNSUPPORTED_VERSION", { detail: "the brokers are older than Kafka 4.0" });
  }

  private connectToAny(): Promise<Connection> {
    const all = [...this.brokers.values(), ...this.bootstrap];
    const first = this.firstBroker % all.length;
    return this.pool.getFirstAvailable([...all.slice(first), ...all.slice(0, first)]);
  }
}

function send<Question extends unknown[], Answer>(
  connection: Connection,
  api: API<Question, Answer>,
  question: Question,
): Promise<Answer> {
  return api.async(connection, ...question);
}

/** The library rejects where an answer holds any error. What else it holds is in there. */
export function answerWithErrors<Answer>(error: unknown): Answer {
  const { cause } = kafkaErrorOf(error);
  if (!(cause instanceof ResponseError)) throw error;
  return cause.response as Answer;
}
