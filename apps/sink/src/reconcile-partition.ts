import { isDeepStrictEqual } from "node:util";
import { toHex } from "@dit/crypto-core";
import { OffsetOutOfRangeError, type PartitionReader } from "@dit/storage";
import { contentsOf, expectedOf } from "./batch-contents.ts";
import type { BatchRange } from "./batch-range.ts";
import { type DecidedBatch, decideBatch } from "./decide-batch.ts";
import { type Damage, findDamage } from "./find-damage.ts";
import { decodeIntent } from "./intent.ts";
import { type LedgerRow, ledgerEndBefore, readLedger } from "./ledger.ts";
import { makeBatch } from "./make-batch.ts";
import { deleteBatches, deleteUnledgered } from "./orphans.ts";
import { readRange } from "./read-records.ts";
import { loadRepeats } from "./repeats.ts";
import { CONSUMER_GROUP, type SinkParts } from "./sink-parts.ts";
import { insertContent, storeBatch } from "./store-batch.ts";

export interface ReconcileScope {
  readonly fromOffset: number;
  readonly sinceDay: string;
}

export interface ReconcileReport {
  /** Ranges that were compared. */
  readonly ranges: number;
  readonly repaired: number;
  /** Could not be made whole: logged and counted with the reason. */
  readonly refused: number;
}

type RefusalReason = "not_retained" | "not_reproducible" | "salt_destroyed";

/**
 * Compares the ledger with the tables and with the offsets, and makes whole what a power loss tore: rows that the ledger promises and
 * the tables lack are made again from the log, and ranges that the ledger lacks are stored again. Runs only while no batch is under way.
 */
export async function reconcilePartition(
  parts: SinkParts,
  reader: PartitionReader,
  scope: ReconcileScope,
  repeats: ReadonlyMap<string, string>,
): Promise<ReconcileReport> {
  const ledger = await readLedger(parts.warehouse, reader, scope);
  let refused = 0;
  const damaged = await findDamage(parts.warehouse, ledger, parts.clock.nowMs());
  for (const damage of damaged) {
    const reason = await repairRows(parts, reader, damage, repeats);
    refused += note(parts, reader, "rows", damage.row.from_offset, damage.row.to_offset, reason);
  }
  const gaps = await findGaps(parts, reader, scope, ledger);
  for (const { from, to } of gaps) {
    const reason = await rebuild(parts, reader, from, to);
    refused += note(parts, reader, "ledger", from, to, reason);
  }
  const broken = damaged.length + gaps.length;
  return { ranges: ledger.length, repaired: broken - refused, refused };
}

/** Makes the rows again by the decisions in the ledger. Touches nothing unless they come out as the ledger says. */
async function repairRows(
  parts: SinkParts,
  reader: PartitionReader,
  { row, tables }: Damage,
  repeats: ReadonlyMap<string, string>,
): Promise<RefusalReason | undefined> {
  const range = rangeOf(reader, row.from_offset, row.to_offset);
  const records = await readRetained(reader, range);
  if (records === undefined) return "not_retained";
  const made = await makeBatch(parts, range, { records, intent: decodeIntent(row.intent) }, repeats);
  const promised = { rows: row.rows, checksums: row.checksums };
  if (!isDeepStrictEqual(expectedOf(made), promised)) return "not_reproducible";
  const attempt = repairAttempt(parts);
  for (const table of tables) {
    await deleteBatches(parts.warehouse, table, [row.batch]);
    for (const content of contentsOf(made)) {
      if (content.table === table) await insertContent(parts, made, content, attempt);
    }
  }
  return undefined;
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Ranges before the committed offset that the ledger does not have. */
async function findGaps(
  { warehouse, eventLog }: SinkParts,
  reader: PartitionReader,
  scope: ReconcileScope,
  ledger: readonly LedgerRow[],
): Promise<Gap[]> {
  const { offset: committed } = await reader.committed();
  const partitions = await eventLog.progress(reader.topic, CONSUMER_GROUP);
  const start = partitions.find(({ partition }) => partition === reader.partition)?.startOffset ?? 0;
  const first = Math.min(start, ledger[0]?.from_offset ?? start);
  const gaps: Gap[] = [];
  let end = (await ledgerEndBefore(warehouse, reader, scope)) ?? first;
  for (const { from_offset: from, to_offset: to } of ledger) {
    if (from > end) gaps.push({ from: end, to: from });
    end = Math.max(end, to);
  }
  if (committed > end) gaps.push({ from: end, to: committed });
  return gaps;
}

/** Stores a range again whose ledger row is gone, after the rows that its lost batches left have been removed. */
async function rebuild(
  parts: SinkParts,
  reader: PartitionReader,
  from: number,
  to: number,
): Promise<RefusalReason | undefined> {
  const records = await readRetained(reader, rangeOf(reader, from, to), parts.config.batch.maxEvents);
  if (records === undefined) return "not_retained";
  const decided = await decideBatch(parts, records);
  // Their rows may be there still, and could not be made again.
  if ([...decided.intent.useCases.values()].some(({ goneWindows }) => goneWindows.length > 0))
    return "salt_destroyed";
  const range = rangeOf(reader, from, decided.intent.to);
  await removeRemains(parts, range, decided);
  const repeats = await loadRepeats(parts.warehouse, reader);
  await storeBatch(parts, await makeBatch(parts, range, decided, repeats), { name: repairAttempt(parts) });
  return range.to < to ? rebuild(parts, reader, range.to, to) : undefined;
}

async function removeRemains(
  { warehouse, schemas }: SinkParts,
  range: BatchRange,
  { records, intent }: DecidedBatch,
): Promise<void> {
  for (const [useCase, { version }] of intent.useCases) {
    if (version === 0) continue;
    const reports = records.map(({ report }) => report).filter((report) => report?.useCase === useCase);
    const reportIds = reports.map((report) => report?.reportId ?? "");
    const { events } = await schemas.at(useCase, version);
    for (const { table } of events.values()) await deleteUnledgered(warehouse, table, range, reportIds);
  }
  await deleteUnledgered(warehouse, "dit.dead_letters", range);
  await deleteUnledgered(warehouse, "dit.sink_repeats", range);
}

async function readRetained(reader: PartitionReader, { from, to }: BatchRange, maxEvents?: number) {
  try {
    return await readRange(reader, from, to, maxEvents);
  } catch (error) {
    if (error instanceof OffsetOutOfRangeError) return undefined;
    throw error;
  }
}

/** The engine has seen the tokens of every earlier attempt, and would skip them. */
function repairAttempt({ random }: SinkParts): string {
  return `repair-${toHex(random(8))}`;
}

function rangeOf({ topicId, partition }: PartitionReader, from: number, to: number): BatchRange {
  return { topicId, partition, from, to };
}

function note(
  { logger, metrics }: SinkParts,
  { partition }: PartitionReader,
  kind: "rows" | "ledger",
  from: number,
  to: number,
  reason: RefusalReason | undefined,
): 0 | 1 {
  if (reason === undefined) {
    metrics.repairs.inc({ kind });
    logger.warn("range.repaired", { partition, from, to, outcome: kind });
    return 0;
  }
  metrics.repairsRefused.inc({ reason });
  logger.error("range.unrepairable", { partition, from, to, reason });
  return 1;
}
