import { randomBytes } from "node:crypto";
import type { AppendRecord } from "./event-log.ts";
import { type EventLogTables, PartitionStore } from "./partition-store.ts";

export interface Topic {
  readonly name: string;
  /** 16 random bytes in hex, drawn when the topic was created. */
  readonly id: string;
  readonly partitions: readonly PartitionStore[];
}

/** Inside a read transaction: the topic, if it was created. */
export function findTopic(tables: EventLogTables, name: string): Topic | undefined {
  const stored = tables.topics.get(Buffer.from(name));
  if (stored === undefined) return undefined;
  const { id, partitions } = JSON.parse(stored.toString()) as { id: string; partitions: number };
  return {
    name,
    id,
    partitions: Array.from(
      { length: partitions },
      (_, partition) => new PartitionStore(tables, id, partition),
    ),
  };
}

/** Inside a write transaction: the topic, created with `partitions` if it was not there. */
export function findOrCreateTopic(tables: EventLogTables, name: string, partitions: number): Topic {
  const found = findTopic(tables, name);
  if (found !== undefined) return found;
  const id = randomBytes(16).toString("hex");
  tables.topics.putSync(Buffer.from(name), Buffer.from(JSON.stringify({ id, partitions })));
  return findTopic(tables, name) as Topic;
}

/** Inside a write transaction: spreads the records over the partitions by their keys, in order. */
export function appendToTopic(topic: Topic, records: readonly AppendRecord[], appendedAtMs: number): void {
  const values = new Map<PartitionStore, Uint8Array[]>();
  for (const { key, value } of records) {
    const partition = topic.partitions[hash(key) % topic.partitions.length] as PartitionStore;
    const partitionValues = values.get(partition);
    if (partitionValues === undefined) values.set(partition, [value]);
    else partitionValues.push(value);
  }
  for (const [partition, partitionValues] of values) partition.append(partitionValues, appendedAtMs);
}

/** FNV-1a, 32 bits: it is stored nowhere, but may never change, or a key's records would lose their order. */
function hash(key: Uint8Array): number {
  let state = 0x811c9dc5;
  for (const byte of key) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}
