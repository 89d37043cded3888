import { ListOffsetTimestamps } from "@platformatic/kafka";
import type { CommittedOffset } from "./event-log.ts";
import { KAFKA_APIS } from "./kafka-apis.ts";
import type { KafkaCluster, KafkaTopic } from "./kafka-cluster.ts";
import { KafkaError } from "./kafka-error.ts";

/** No broker is asked about epochs: none of its answers depends on them. */
const NO_EPOCH = -1;
const NO_REPLICA = -1;
const UNCOMMITTED_TOO = 0;

/** By partition: the first offset retained, or the one that the next record will get. */
export async function readOffsets(
  cluster: KafkaCluster,
  topic: KafkaTopic,
  which: "first" | "next",
): Promise<ReadonlyMap<number, number>> {
  const timestamp = which === "first" ? ListOffsetTimestamps.EARLIEST : ListOffsetTimestamps.LATEST;
  const byLeader = Map.groupBy(
    topic.partitions.keys(),
    (partition) => topic.partitions[partition]?.leader ?? -1,
  );
  const answers = await Promise.all(
    [...byLeader].map(([leader, partitions]) => {
      const asked = partitions.map((partitionIndex) => ({
        partitionIndex,
        currentLeaderEpoch: NO_EPOCH,
        timestamp,
      }));
      const question = [{ name: topic.name, partitions: asked }];
      return cluster.askBroker(leader, KAFKA_APIS.listOffsets, [NO_REPLICA, UNCOMMITTED_TOO, question]);
    }),
  );
  const offsets = answers.flatMap(({ topics }) => topics).flatMap(({ partitions }) => partitions);
  return new Map(offsets.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
}

/** By partition, those in which the group has committed. */
export async function readCommitted(
  cluster: KafkaCluster,
  group: string,
  topic: KafkaTopic,
): Promise<ReadonlyMap<number, CommittedOffset>> {
  const topics = [{ name: topic.name, partitionIndexes: [...topic.partitions.keys()] }];
  const question = [{ groupId: group, memberId: null, memberEpoch: NO_EPOCH, topics }];
  const { groups } = await cluster.askCoordinator(group, KAFKA_APIS.committed, question, true);
  const [answer] = groups;
  if (answer === undefined) throw new KafkaError("UNKNOWN", { detail: "no answer about the group" });
  const committed = answer.topics.flatMap(({ partitions }) => partitions);
  return new Map(
    committed
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset, metadata }) => [
        partitionIndex,
        { offset: Number(committedOffset), metadata: metadata ?? "" },
      ]),
  );
}
