import { createDependencyWatches, type DependencyWatch } from "@dit/service-kit";
import {
  type Documents,
  type EventLog,
  OffsetOutOfRangeError,
  type PartitionReader,
  VersionConflictError,
  type Warehouse,
} from "@dit/storage";
import type { SinkContext } from "./context.ts";

/** The same ports, watched. A read of the log is not timed: it waits for records that are yet to come. */
export function watchPorts(
  context: Pick<SinkContext, "eventLog" | "warehouse" | "documents" | "logger" | "metrics">,
): Pick<SinkContext, "eventLog" | "warehouse" | "documents"> {
  const watchDependency = createDependencyWatches(context);
  const log = watchDependency("event_log", (error) => !(error instanceof OffsetOutOfRangeError));
  const documents = watchDependency("documents", (error) => !(error instanceof VersionConflictError));
  return {
    eventLog: watchEventLog(context.eventLog, log.run),
    warehouse: watchWarehouse(context.warehouse, watchDependency("warehouse").run),
    documents: watchDocuments(context.documents, documents.run),
  };
}

function watchEventLog(log: EventLog, run: DependencyWatch["run"]): EventLog {
  return {
    append: (topic, records) => run("append", () => log.append(topic, records)),
    consume: ({ onPartition, ...options }) =>
      log.consume({
        ...options,
        onPartition: (reader, signal) => onPartition(watchReader(reader, run), signal),
      }),
    progress: (topic, group) => run("progress", () => log.progress(topic, group)),
    check: () => log.check(),
    close: () => log.close(),
  };
}

function watchReader(reader: PartitionReader, run: DependencyWatch["run"]): PartitionReader {
  return {
    topicId: reader.topicId,
    topic: reader.topic,
    partition: reader.partition,
    committed: () => run("committed", () => reader.committed()),
    read: (fromOffset, maxRecords, waitMs) => reader.read(fromOffset, maxRecords, waitMs),
    commit: (committed) => run("commit", () => reader.commit(committed)),
  };
}

function watchWarehouse(warehouse: Warehouse, run: DependencyWatch["run"]): Warehouse {
  return {
    query: (sql, parameters) => run("query", () => warehouse.query(sql, parameters)),
    command: (sql, parameters) => run("command", () => warehouse.command(sql, parameters)),
    insert: (insert) => run("insert", () => warehouse.insert(insert)),
    check: () => warehouse.check(),
    close: () => warehouse.close(),
  };
}

function watchDocuments(documents: Documents, run: DependencyWatch["run"]): Documents {
  return {
    get: (collection, key) => run("get", () => documents.get(collection, key)),
    list: (collection) => run("list", () => documents.list(collection)),
    commit: (commit) => run("commit", () => documents.commit(commit)),
    readAudit: (afterSequence, maxEntries) =>
      run("read_audit", () => documents.readAudit(afterSequence, maxEntries)),
    check: () => documents.check(),
    close: () => documents.close(),
  };
}
