export type {
  ConfirmUseRequest,
  Counters,
  TakeRequest,
  TakeResult,
  UseRequest,
  UseResult,
} from "./counters/counters.ts";
export type {
  AuditEntry,
  AuditRecord,
  Document,
  DocumentChange,
  Documents,
  DocumentsCommit,
  Json,
} from "./documents/documents.ts";
export { VersionConflictError } from "./documents/documents.ts";
export { parseClickHouseUrl as parseWarehouseUrl } from "./engine-url/clickhouse-url.ts";
export { EngineUrlError } from "./engine-url/engine-url.ts";
export { parseKafkaUrl as parseEventLogUrl } from "./engine-url/kafka-url.ts";
export { parsePostgresUrl as parseDocumentsUrl } from "./engine-url/postgres-url.ts";
export { parseRedisUrl as parseCountersUrl } from "./engine-url/redis-url.ts";
export type {
  AppendRecord,
  CommittedOffset,
  ConsumeOptions,
  EventLog,
  LogRecord,
  PartitionProgress,
  PartitionReader,
} from "./event-log/event-log.ts";
export { OffsetOutOfRangeError } from "./event-log/event-log.ts";
export { inColumns } from "./warehouse/in-columns.ts";
export { sqlName } from "./warehouse/sql-name.ts";
export { sqlString } from "./warehouse/sql-string.ts";
export { clusterDialect, SINGLE_NODE, type TableDialect } from "./warehouse/table-dialect.ts";
export type { Warehouse, WarehouseInsert, WarehouseQueryOptions } from "./warehouse/warehouse.ts";
export { WarehouseError } from "./warehouse/warehouse.ts";
