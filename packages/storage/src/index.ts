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
export type { Warehouse, WarehouseInsert } from "./warehouse/warehouse.ts";
