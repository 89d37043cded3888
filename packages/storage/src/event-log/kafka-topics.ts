import { ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from "@platformatic/kafka";
import { KAFKA_APIS } from "./kafka-apis.ts";
import { KafkaCluster } from "./kafka-cluster.ts";
import { KafkaError, kafkaErrorOf } from "./kafka-error.ts";
import type { KafkaConnectionOptions } from "./kafka-options.ts";
import { retryTransient } from "./kafka-retry.ts";

export interface KafkaTopicPlan {
  readonly name: string;
  readonly partitions: number;
  /** Copies of each partition, on as many brokers. */
  readonly replication: number;
  /** How long records stay readable, whoever has read them: longer than a consumer may ever be down. */
  readonly retentionMs: number;
}

const WITHIN_MS = 15_000;

/**
 * Creates the topics that are not there, and gives the others their retention; partitions and copies stay as they were created. Any
 * number of processes may do this at once. Rejects with KafkaError.
 */
export async function migrateKafkaTopics(
  options: KafkaConnectionOptions,
  topics: readonly KafkaTopicPlan[],
): Promise<void> {
  const cluster = new KafkaCluster(options);
  const prefixed = topics.map((topic) => ({ ...topic, name: `${options.prefix ?? ""}${topic.name}` }));
  try {
    for (const topic of prefixed) await retryTransient(() => createTopic(cluster, topic), WITHIN_MS);
    for (const topic of prefixed) await retryTransient(() => configureTopic(cluster, topic), WITHIN_MS);
  } finally {
    await cluster.close();
  }
}

async function createTopic(cluster: KafkaCluster, topic: KafkaTopicPlan): Promise<void> {
  const { name, partitions, replication } = topic;
  const settings = {
    "cleanup.policy": "delete",
    // Retention counts from when a record was appended, whatever its sender's clock said.
    "message.timestamp.type": "LogAppendTime",
    // An acknowledged record survives the loss of a broker, and the loss of another keeps nobody from appending.
    "min.insync.replicas": String(Math.max(1, replication - 1)),
    "retention.ms": String(topic.retentionMs),
  };
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  const plan = { name, numPartitions: partitions, replicationFactor: replication, assignments: [], configs };
  try {
    await cluster.ask(KAFKA_APIS.createTopics, [plan], cluster.patienceMs, false);
  } catch (error) {
    const { code } = kafkaErrorOf(error);
    if (code === "TOPIC_ALREADY_EXISTS") return;
    if (code !== "INVALID_REPLICATION_FACTOR") throw error;
    // They may be about to start.
    const detail = `fewer than ${replication} brokers are alive`;
    throw new KafkaError(code, { isTransient: true, detail, cause: error });
  }
}

/** A topic is known to every broker a moment after it was created. */
async function configureTopic(cluster: KafkaCluster, { name, retentionMs }: KafkaTopicPlan): Promise<void> {
  const retention = {
    name: "retention.ms",
    configOperation: IncrementalAlterConfigOperationTypes.SET,
    value: String(retentionMs),
  };
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configs: [retention] };
  await cluster.ask(KAFKA_APIS.alterConfigs, [resource], false);
}
