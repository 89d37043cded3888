import { toHex } from "@dit/crypto-core";
import type { AcceptedEvent } from "@dit/protocol";
import { REPORTS_TOPIC } from "@dit/protocol";
import type { UseCase } from "@dit/protocol/schemas";
import {
  CONSUMER_GROUP,
  createEventTable,
  DEFAULT_SINK_SETTINGS,
  eachOf,
  INSERTS_AT_ONCE,
  parseRecord,
  type SinkRecord,
} from "@dit/sink";
import type { EventLog, PartitionReader, Warehouse } from "@dit/storage";
import { BATCH_WAIT_MS } from "./bench-pipeline.ts";

const RECORDS_PER_READ = 256;
const COMMON = ["ingest_day", "epoch", "pid", "report_id", "batch", "at"];

/**
 * The sink without what pseudonyms need: the client's own is stored, with no salt and no keyed hash, and rows keep their order. It stores
 * batches exactly once in the same way (range made durable, token, offset), into the same tables, as many at once, and reads ahead
 * meanwhile; and does less than the sink besides: no ledger, no dead letters.
 */
export async function runPlainSink(
  document: UseCase,
  { eventLog, warehouse }: { readonly eventLog: EventLog; readonly warehouse: Warehouse },
  signal: AbortSignal,
): Promise<void> {
  await eventLog.consume({
    topic: REPORTS_TOPIC,
    group: CONSUMER_GROUP,
    signal,
    async onPartition(reader, ended) {
      let { offset } = await reader.committed();
      let records = await gather(reader, offset);
      while (!ended.aborted) {
        const storing = store(document, warehouse, reader, offset, records);
        offset += records.length;
        [records] = await Promise.all([gather(reader, offset), storing]);
      }
    },
  });
}

export async function createPlainTables(document: UseCase, warehouse: Warehouse): Promise<void> {
  await warehouse.command("CREATE DATABASE IF NOT EXISTS dit");
  for (const event of Object.keys(document.events)) {
    await warehouse.command(createEventTable(document, event, warehouse.tables));
  }
}

async function gather(reader: PartitionReader, from: number): Promise<SinkRecord[]> {
  const { maxEvents } = DEFAULT_SINK_SETTINGS.batch;
  const records: SinkRecord[] = [];
  const deadlineMs = performance.now() + BATCH_WAIT_MS;
  for (let events = 0; events < maxEvents; ) {
    const waitMs = Math.max(0, deadlineMs - performance.now());
    const read = await reader.read(from + records.length, RECORDS_PER_READ, waitMs);
    for (const logged of read) {
      const record = parseRecord(logged);
      records.push(record);
      events += record.report?.events.length ?? 1;
    }
    if (waitMs === 0) break;
  }
  return records;
}

async function store(
  document: UseCase,
  warehouse: Warehouse,
  reader: PartitionReader,
  from: number,
  records: readonly SinkRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const to = from + records.length;
  await reader.commit({ offset: from, metadata: String(to) });
  await eachOf([...rowsByEvent(document, records)], INSERTS_AT_ONCE, async ([event, rows]) => {
    const table = `dit.${document.useCase}__${event}`;
    const deduplicationToken = `${reader.topicId}:${reader.partition}:${from}-${to}:${table}`;
    await warehouse.insert({
      table,
      columns: [...COMMON, ...fieldsOf(document, event)],
      rows,
      deduplicationToken,
    });
  });
  await reader.commit({ offset: to, metadata: "" });
}

function rowsByEvent(document: UseCase, records: readonly SinkRecord[]): Map<string, unknown[][]> {
  const names = new Map(Object.keys(document.events).map((event) => [event, fieldsOf(document, event)]));
  const tables = new Map<string, unknown[][]>();
  for (const { report } of records) {
    if (report === undefined) throw new Error("a record is malformed");
    const { ingestDay, epoch, reportId, pseudonym } = report;
    const shared = [ingestDay, epoch, uuidOf(pseudonym), reportId, 0];
    // Ingest has checked them.
    for (const { name, at, fields } of report.events as AcceptedEvent[]) {
      const rows = tables.get(name) ?? [];
      rows.push([...shared, at, ...(names.get(name) ?? []).map((field) => fields[field])]);
      tables.set(name, rows);
    }
  }
  return tables;
}

function fieldsOf({ events }: UseCase, event: string): string[] {
  return Object.keys(events[event]?.fields ?? {});
}

function uuidOf(bytes: Uint8Array): string {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
