import { randomBytes } from "node:crypto";
import type { AppendRecord } from "./event-log.ts";
import { type EventLogFiles, PartitionStore } from "./partition-store.ts";

export interface Topic {
  readonly name: string;
  /** 16 random bytes in hex, drawn when the topic was created. */
  readonly id: string;
  readonly partitions: readonly PartitionStore[];
}

/** Inside a read transaction: the topic, if it was created. */
export function findTopic(files: EventLogFiles, name: string): Topic | undefined {
  const stored = files.tables.topics.get(Buffer.from(name));
  if (stored === undefined) return undefined;
  const { id, partitions } = JSON.parse(stored.toString()) as { id: string; partitions: number };
  return {
    name,
    id,
    partitions: Array.from(
      { length: partitions },
      (_, partition) => new PartitionStore(files, id, partition),
    ),
  };
}

/** Inside a read transaction. */
export function listTopics(files: EventLogFiles): Topic[] {
  const names = [...files.tables.topics.getKeys()].map((name) => name.toString());
  return names.map((name) => findTopic(files, name)).filter((topic) => topic !== undefined);
}

/** Inside a write transaction: the topic, created with `partitions` if it was not there. */
export function findOrCreateTopic(files: EventLogFiles, name: string, partitions: number): Topic {
  const found = findTopic(files, name);
  if (found !== undefined) return found;
  const id = randomBytes(16).toString("hex");
  files.tables.topics.putSync(Buffer.from(name), Buffer.from(JSON.stringify({ id, partitions })));
  return findTopic(files, name) as Topic;
}

/** Inside a write transaction: spreads the records over the partitions by their keys, in order. */
export function appendToTopic(topic: Topic, records: readonly AppendRecord[], nowMs: number): void {
  const values = new Map<PartitionStore, Uint8Array[]>();
  for (const { key, value } of records) {
    const partition = topic.partitions[hash(key) % topic.partitions.length] as PartitionStore;
    const partitionValues = values.get(partition);
    if (partitionValues === undefined) values.set(partition, [value]);
    else partitionValues.push(value);
  }
  for (const [partition, partitionValues] of values) partition.append(partitionValues, nowMs);
}

/** FNV-1a, 32 bits: it is stored nowhere, but may never change, or a key's records would lose their order. */
function hash(key: Uint8Array): number {
  let state = 0x811c9dc5;
  for (const byte of key) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}
