import {
  apiVersionsV3,
  consumerGroupHeartbeatV1,
  createTopicsV7,
  describeConfigsV4,
  fetchV17,
  findCoordinatorV6,
  incrementalAlterConfigsV1,
  initProducerIdV4,
  listOffsetsV9,
  metadataV12,
  offsetCommitV9,
  offsetFetchV9,
  produceV11,
} from "@platformatic/kafka";

/**
 * The requests this driver makes, each in the one version it makes it in (https://kafka.apache.org/protocol). Kafka 4.0 knows
 * them all; older brokers lack the consumer protocol of KIP-848.
 */
export const KAFKA_APIS = {
  metadata: metadataV12.api,
  produce: produceV11.api,
  fetch: fetchV17.api,
  listOffsets: listOffsetsV9.api,
  initProducerId: initProducerIdV4.api,
  findCoordinator: findCoordinatorV6.api,
  heartbeat: consumerGroupHeartbeatV1.api,
  commit: offsetCommitV9.api,
  committed: offsetFetchV9.api,
  createTopics: createTopicsV7.api,
  describeConfigs: describeConfigsV4.api,
  alterConfigs: incrementalAlterConfigsV1.api,
} as const;

/** With which a broker says what it knows. */
export const apiVersions = apiVersionsV3.api;
