import { setImmediate as nextTurn } from "node:timers/promises";
import { storedPseudonym, toHex } from "@dit/crypto-core";
import type { AppliedSchema, EventTable } from "./applied-schema.ts";
import { type BatchRange, batchId, rangeName } from "./batch-range.ts";
import { reportChecksum } from "./checksum.ts";
import type { DeadLetterReason } from "./dead-letters.ts";
import type { Intent } from "./intent.ts";
import { isLoggedEvent, type ReportValues, rowOfEvent } from "./row-of-event.ts";
import { windowOf } from "./salt-schedule.ts";
import type { SaltLease } from "./salts.ts";
import { shuffle } from "./shuffle.ts";
import {
  eventCountOf,
  type SinkRecord,
  type SinkReport,
  uuidOfHex,
  type WellFormedRecord,
} from "./sink-record.ts";

/** All that the records of a batch come to. Every event is in exactly one place: a row, a dead letter, deduplicated, or lost. */
export interface BatchPlan {
  readonly range: BatchRange;
  readonly batch: string;
  readonly intent: Intent;
  readonly records: number;
  readonly events: number;
  readonly tables: Map<string, TableRows>;
  readonly deadLetters: DeadLetter[];
  /** Reports, stored by this batch, of which another record may follow. */
  readonly repeatable: SinkReport[];
  /** The salt was there when the batch was decided, and is not any more: an earlier attempt may have stored them. */
  readonly lost: LostEvents[];
  deduplicated: number;
  droppedFields: number;
  blockedFields: number;
  oldestDay: string;
}

export interface TableRows {
  readonly table: string;
  readonly columns: readonly string[];
  /** As `columns` has them. */
  readonly rows: unknown[][];
  checksum: number;
}

export interface DeadLetter {
  readonly offset: number;
  readonly reason: DeadLetterReason;
  readonly useCase: string;
  readonly reportId: string;
  readonly events: number;
}

export interface LostEvents {
  readonly record: WellFormedRecord;
  readonly table: string;
  readonly events: number;
}

export interface PlanInput {
  readonly range: BatchRange;
  readonly records: readonly SinkRecord[];
  readonly intent: Intent;
  /** Those that the intent names. */
  readonly schemas: ReadonlyMap<string, AppliedSchema>;
  readonly salts: SaltLease;
  /** Reports that other batches have stored. */
  readonly storedBefore: ReadonlySet<string>;
}

const NIL_UUID = "00000000-0000-0000-0000-000000000000";
/** So that other work of the process waits a few milliseconds at most. */
const EVENTS_PER_TURN = 1_000;

export async function planBatch(input: PlanInput): Promise<BatchPlan> {
  const { range, records, intent, salts } = input;
  const plan: BatchPlan = {
    range,
    batch: batchId(range),
    intent,
    records: records.length,
    events: records.reduce((sum, record) => sum + eventCountOf(record), 0),
    tables: new Map(),
    deadLetters: [],
    repeatable: [],
    lost: [],
    deduplicated: 0,
    droppedFields: 0,
    blockedFields: 0,
    oldestDay: intent.day,
  };
  const seen = new Set<string>();
  let eventsInTurn = 0;
  for (const record of records) {
    planRecord(plan, input, seen, record);
    eventsInTurn += eventCountOf(record);
    if (eventsInTurn < EVENTS_PER_TURN) continue;
    eventsInTurn = 0;
    await nextTurn();
  }
  for (const { table, rows } of plan.tables.values()) {
    shuffle(rows, `${rangeName(range)}:${table}`, salts.all());
  }
  return plan;
}

function planRecord(plan: BatchPlan, input: PlanInput, seen: Set<string>, record: SinkRecord): void {
  if (record.report === undefined) {
    bury(plan, { offset: record.offset, useCase: "", reportId: NIL_UUID }, "malformed", record.eventCount);
    return;
  }
  const { report } = record;
  const { useCase, reportId, events } = report;
  if (seen.has(reportId) || input.storedBefore.has(reportId)) {
    plan.deduplicated += events.length;
    return;
  }
  seen.add(reportId);
  const letter = { offset: record.offset, useCase, reportId };
  const schema = input.schemas.get(useCase);
  if (schema === undefined) {
    bury(plan, letter, "use_case_unknown", events.length);
    return;
  }
  const window = windowOf(schema.schedule, report);
  if (plan.intent.useCases.get(useCase)?.goneWindows.includes(window)) {
    bury(plan, letter, "salt_destroyed", events.length);
    return;
  }
  planEvents(plan, record, schema, input.salts.get(useCase, window));
}

function planEvents(
  plan: BatchPlan,
  record: WellFormedRecord,
  schema: AppliedSchema,
  salt: Uint8Array | undefined,
): void {
  const { useCase, reportId, ingestDay, epoch, pseudonym, events, mayRepeat } = record.report;
  const pid = salt === undefined ? NIL_UUID : uuidOfHex(toHex(storedPseudonym(salt, pseudonym)));
  const shared: ReportValues = [ingestDay, epoch, pid, reportId, plan.batch];
  const checksum = reportChecksum(reportId);
  const unstorable = new Map<DeadLetterReason, number>();
  const lost = new Map<string, number>();
  for (const event of events) {
    const table = isLoggedEvent(event) ? schema.events.get(event.name) : undefined;
    const made = table === undefined || !isLoggedEvent(event) ? undefined : rowOfEvent(table, event, shared);
    if (table === undefined || made === undefined) {
      const reason = isLoggedEvent(event) && table === undefined ? "event_unknown" : "schema_mismatch";
      unstorable.set(reason, (unstorable.get(reason) ?? 0) + 1);
    } else if (salt === undefined) {
      lost.set(table.table, (lost.get(table.table) ?? 0) + 1);
    } else {
      const batch = tableRows(plan, table);
      batch.rows.push(made.row);
      batch.checksum += checksum;
      plan.droppedFields += made.droppedFields;
      plan.blockedFields += made.blockedFields;
    }
  }
  for (const [reason, count] of unstorable) {
    bury(plan, { offset: record.offset, useCase, reportId }, reason, count);
  }
  for (const [table, count] of lost) plan.lost.push({ record, table, events: count });
  const buried = [...unstorable.values()].reduce((sum, count) => sum + count, 0);
  if (buried === events.length) return;
  if (mayRepeat) plan.repeatable.push(record.report);
  if (ingestDay < plan.oldestDay) plan.oldestDay = ingestDay;
}

/** Adds a dead letter. */
export function bury(
  plan: BatchPlan,
  letter: Pick<DeadLetter, "offset" | "useCase" | "reportId">,
  reason: DeadLetterReason,
  events: number,
): void {
  plan.deadLetters.push({ ...letter, reason, events });
}

function tableRows(plan: BatchPlan, { table, columns }: EventTable): TableRows {
  let rows = plan.tables.get(table);
  if (rows === undefined) {
    rows = { table, columns, rows: [], checksum: 0 };
    plan.tables.set(table, rows);
  }
  return rows;
}
