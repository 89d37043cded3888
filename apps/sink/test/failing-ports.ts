import type { Documents, EventLog, PartitionReader, Warehouse } from "@dit/storage";
import type { Ports } from "./harness.ts";

class Crash extends Error {
  override readonly name = "Crash";
}

export interface FailingPorts extends Ports {
  readonly calls: () => number;
}

/**
 * The same ports, until the writing call with number `failAt` has taken effect: then its answer is lost. "crash": every later
 * write fails too, as for a process that is gone. "lost answer": the next ones work again. Between two writes nothing changes that
 * outlives a process, so these are all the ways to die.
 */
export function createFailingPorts(
  ports: Ports,
  failAt: number,
  kind: "crash" | "lost answer",
): FailingPorts {
  let calls = 0;
  async function call<T>(work: () => Promise<T>): Promise<T> {
    calls += 1;
    const number = calls;
    if (kind === "crash" && number > failAt) throw new Crash();
    const result = await work();
    if (number === failAt) throw new Crash();
    return result;
  }
  const reader = (inner: PartitionReader): PartitionReader => ({
    topicId: inner.topicId,
    topic: inner.topic,
    partition: inner.partition,
    committed: () => inner.committed(),
    read: (...range) => inner.read(...range),
    commit: (committed) => call(() => inner.commit(committed)),
  });
  const eventLog: EventLog = {
    ...ports.eventLog,
    append: (topic, records) => call(() => ports.eventLog.append(topic, records)),
    consume: ({ onPartition, ...options }) =>
      ports.eventLog.consume({
        ...options,
        onPartition: (inner, signal) => onPartition(reader(inner), signal),
      }),
  };
  const warehouse: Warehouse = {
    ...ports.warehouse,
    command: (...command) => call(() => ports.warehouse.command(...command)),
    insert: (insert) => call(() => ports.warehouse.insert(insert)),
  };
  const documents: Documents = {
    ...ports.documents,
    commit: (commit) => call(() => ports.documents.commit(commit)),
  };
  return { eventLog, warehouse, documents, calls: () => calls };
}
