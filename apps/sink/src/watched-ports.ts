import { createDependencyWatches, type DependencyWatch } from "@dit/service-kit";
import {
  type Documents,
  type EventLog,
  type Json,
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

type Run = DependencyWatch["run"];

function watchEventLog(log: EventLog, run: Run): EventLog {
  return {
    append: (...args) => run("append", () => log.append(...args)),
    consume: ({ onPartition, ...options }) =>
      log.consume({
        ...options,
        onPartition: (reader, signal) => onPartition(watchReader(reader, run), signal),
      }),
    progress: (...args) => run("progress", () => log.progress(...args)),
    check: () => log.check(),
    close: () => log.close(),
  };
}

function watchReader(reader: PartitionReader, run: Run): PartitionReader {
  return {
    topicId: reader.topicId,
    topic: reader.topic,
    partition: reader.partition,
    read: (...args) => reader.read(...args),
    committed: () => run("committed", () => reader.committed()),
    commit: (...args) => run("commit", () => reader.commit(...args)),
  };
}

function watchWarehouse(warehouse: Warehouse, run: Run): Warehouse {
  return {
    ...warehouse,
    query: <Row>(...args: Parameters<Warehouse["query"]>) =>
      run("query", () => warehouse.query<Row>(...args)),
    command: (...args) => run("command", () => warehouse.command(...args)),
    insert: (...args) => run("insert", () => warehouse.insert(...args)),
  };
}

function watchDocuments(documents: Documents, run: Run): Documents {
  return {
    get: <T extends Json>(...args: Parameters<Documents["get"]>) =>
      run("get", () => documents.get<T>(...args)),
    list: <T extends Json>(...args: Parameters<Documents["list"]>) =>
      run("list", () => documents.list<T>(...args)),
    commit: (...args) => run("commit", () => documents.commit(...args)),
    readAudit: (...args) => run("read_audit", () => documents.readAudit(...args)),
    check: () => documents.check(),
    close: () => documents.close(),
  };
}
