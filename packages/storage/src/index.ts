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
export { MERGE_TREE_SETTINGS } from "./warehouse/merge-tree-settings.ts";
export { sqlName } from "./warehouse/sql-name.ts";
export { sqlString } from "./warehouse/sql-string.ts";
export type { Warehouse, WarehouseInsert } from "./warehouse/warehouse.ts";
export { WarehouseError } from "./warehouse/warehouse.ts";
