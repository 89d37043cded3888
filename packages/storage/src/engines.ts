import { readFile } from "node:fs/promises";
import type { Counters } from "./counters/counters.ts";
import type { Documents, Json } from "./documents/documents.ts";
import { parseClickHouseUrl } from "./engine-url/clickhouse-url.ts";
import { type KafkaUrlOptions, parseKafkaUrl } from "./engine-url/kafka-url.ts";
import { parsePostgresUrl } from "./engine-url/postgres-url.ts";
import { parseRedisUrl } from "./engine-url/redis-url.ts";
import type { EventLog } from "./event-log/event-log.ts";
import type { KafkaConnectionOptions } from "./event-log/kafka-options.ts";
import type { KafkaTopicPlan } from "./event-log/kafka-topics.ts";
import { openWhenNeeded } from "./open-when-needed.ts";
import type { Warehouse } from "./warehouse/warehouse.ts";

/** Where a store is: on a server, or else in a directory of this machine. */
export interface EngineLocation {
  readonly url?: string | undefined;
  readonly path?: string | undefined;
}

export type TopicPlan = KafkaTopicPlan;

/*
 * The driver follows from the location, and is loaded alone with its library. A server need not be there when its store is opened: until it
 * is, every operation rejects, `check` among them. A URL that is wrong throws EngineUrlError.
 */

/** `redis://`, `rediss://`, or LMDB. */
export async function openCounters({ url, path }: EngineLocation): Promise<Counters> {
  if (url === undefined) {
    const { openLmdbCounters } = await import("./counters/lmdb.ts");
    return await openLmdbCounters({ path: required(path) });
  }
  const options = parseRedisUrl(url);
  const { openRedisCounters } = await import("./counters/redis.ts");
  return await openRedisCounters(options);
}

/** `postgres://`, or LMDB. */
export async function openDocuments({ url, path }: EngineLocation): Promise<Documents> {
  if (url === undefined) {
    const { openLmdbDocuments } = await import("./documents/lmdb.ts");
    return await openLmdbDocuments({ path: required(path) });
  }
  const options = parsePostgresUrl(url);
  const { openPostgresDocuments } = await import("./documents/postgres.ts");
  const documents = openWhenNeeded(() => openPostgresDocuments(options));
  return {
    get: <T extends Json>(collection: string, key: string) =>
      documents.use((opened) => opened.get<T>(collection, key)),
    list: <T extends Json>(collection: string) => documents.use((opened) => opened.list<T>(collection)),
    commit: (commit) => documents.use((opened) => opened.commit(commit)),
    readAudit: (afterSequence, maxEntries) =>
      documents.use((opened) => opened.readAudit(afterSequence, maxEntries)),
    check: () => documents.use((opened) => opened.check()),
    close: documents.close,
  };
}

/** `kafka://`, `kafka+tls://`, or LMDB. */
export async function openEventLog(
  { url, path }: EngineLocation,
  topics: {
    /** Those that `check` asks Kafka about. */
    readonly used: readonly string[];
    /** Those that nobody is expected to read: age alone empties them. Kafka empties all of them so. */
    readonly unread: readonly string[];
  },
): Promise<EventLog> {
  if (url === undefined) {
    const { openLmdbEventLog } = await import("./event-log/lmdb.ts");
    return await openLmdbEventLog({ path: required(path), unreadTopics: topics.unread });
  }
  const options = await kafkaOptions(parseKafkaUrl(url));
  const { openKafkaEventLog } = await import("./event-log/kafka.ts");
  return await openKafkaEventLog({ ...options, topics: topics.used });
}

/** `http://`, `https://`, or chDB. */
export async function openWarehouse({ url, path }: EngineLocation): Promise<Warehouse> {
  if (url === undefined) {
    const { openChdbWarehouse } = await import("./warehouse/chdb.ts");
    return await openChdbWarehouse({ path: required(path) });
  }
  const options = parseClickHouseUrl(url);
  const { openClickHouseWarehouse } = await import("./warehouse/clickhouse.ts");
  return await openClickHouseWarehouse(options);
}

/** Makes the schema that `openDocuments` needs at a `postgres://`. */
export async function migrateDocuments(url: string): Promise<void> {
  const options = parsePostgresUrl(url);
  const { migratePostgresDocuments } = await import("./documents/postgres.ts");
  await migratePostgresDocuments(options);
}

/** Makes the topics that `openEventLog` needs at a `kafka://`. */
export async function migrateEventLog(url: string, topics: readonly TopicPlan[]): Promise<void> {
  const options = await kafkaOptions(parseKafkaUrl(url));
  const { migrateKafkaTopics } = await import("./event-log/kafka.ts");
  await migrateKafkaTopics(options, topics);
}

async function kafkaOptions({ tls, ...options }: KafkaUrlOptions): Promise<KafkaConnectionOptions> {
  if (tls === undefined) return options;
  const { caPath, certificatePath, keyPath } = tls;
  const pem = {
    ...(caPath !== undefined && { ca: await readFile(caPath, "utf8") }),
    ...(certificatePath !== undefined && { certificate: await readFile(certificatePath, "utf8") }),
    ...(keyPath !== undefined && { key: await readFile(keyPath, "utf8") }),
  };
  return { ...options, tls: pem };
}

function required(path: string | undefined): string {
  if (path === undefined) throw new TypeError("a store needs a URL or a path");
  return path;
}
