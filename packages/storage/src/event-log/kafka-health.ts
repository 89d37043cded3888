import { ConfigResourceTypes } from "@platformatic/kafka";
import { KAFKA_APIS } from "./kafka-apis.ts";
import type { KafkaCluster } from "./kafka-cluster.ts";
import { KafkaError, kafkaErrorOf } from "./kafka-error.ts";

type Brokers = Pick<KafkaCluster, "ask" | "topic">;

const MIN_IN_SYNC = "min.insync.replicas";

/** Rejects with the reason why some partition of the topic would refuse an append now. */
export async function assertAppendable(cluster: Brokers, topicName: string): Promise<void> {
  const { partitions } = await cluster.topic(topicName, 0);
  const wanted = await readMinInSyncReplicas(cluster, topicName);
  for (const { leader, replicas, inSyncReplicas } of partitions) {
    if (leader < 0) throw new KafkaError("LEADER_NOT_AVAILABLE", { isTransient: true });
    // A broker never asks for more than there are.
    if (inSyncReplicas < Math.min(wanted, replicas))
      throw new KafkaError("NOT_ENOUGH_REPLICAS", { isTransient: true });
  }
}

/** Who may not read the topic's settings hears of too few replicas when appending. */
async function readMinInSyncReplicas(cluster: Brokers, topicName: string): Promise<number> {
  const resource = {
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: topicName,
    configurationKeys: [MIN_IN_SYNC],
  };
  try {
    const { results } = await cluster.ask(KAFKA_APIS.describeConfigs, [resource], false, false);
    const setting = results.flatMap(({ configs }) => configs).find(({ name }) => name === MIN_IN_SYNC);
    return Number(setting?.value ?? 1);
  } catch (error) {
    if (kafkaErrorOf(error).code === "TOPIC_AUTHORIZATION_FAILED") return 1;
    throw error;
  }
}
