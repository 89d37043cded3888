import { isDeepStrictEqual } from "node:util";
import { toHex } from "@dit/crypto-core";
import { OffsetOutOfRangeError, type PartitionReader } from "@dit/storage";
import { contentsOf, expectedOf } from "./batch-contents.ts";
import type { BatchRange } from "./batch-range.ts";
import { type DecidedBatch, decideBatch } from "./decide-batch.ts";
import { type Damage, findDamage } from "./find-damage.ts";
import { decodeIntent } from "./intent.ts";
import { ledgerEndBefore, readLedger } from "./ledger.ts";
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
  const { warehouse, clock } = parts;
  const report = { ranges: 0, repaired: 0, refused: 0 };
  const count = (reason: RefusalReason | undefined) => {
    if (reason === undefined) report.repaired += 1;
    else report.refused += 1;
  };
  let end = await ledgerEndBefore(warehouse, reader, scope);
  for await (const ledger of readLedger(warehouse, reader, scope)) {
    report.ranges += ledger.length;
    for (const damage of await findDamage(warehouse, ledger, clock.nowMs())) {
      const { from_offset: from, to_offset: to } = damage.row;
      count(
        await noted(parts, reader, { kind: "rows", from, to }, () =>
          repairRows(parts, reader, damage, repeats),
        ),
      );
    }
    end ??= Math.min(await firstOffset(parts, reader), ledger[0]?.from_offset ?? Number.POSITIVE_INFINITY);
    for (const { from_offset, to_offset } of ledger) {
      if (from_offset > end) count(await rebuildNoted(parts, reader, end, from_offset));
      end = Math.max(end, to_offset);
    }
  }
  const { offset: committed } = await reader.committed();
  if (end !== undefined && committed > end) count(await rebuildNoted(parts, reader, end, committed));
  return report;
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

/** The first that the log still has. */
async function firstOffset({ eventLog }: SinkParts, reader: PartitionReader): Promise<number> {
  const partitions = await eventLog.progress(reader.topic, CONSUMER_GROUP);
  return partitions.find(({ partition }) => partition === reader.partition)?.startOffset ?? 0;
}

function rebuildNoted(parts: SinkParts, reader: PartitionReader, from: number, to: number) {
  return noted(parts, reader, { kind: "ledger", from, to }, () => rebuild(parts, reader, from, to));
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

async function noted(
  { logger, metrics }: SinkParts,
  { partition }: PartitionReader,
  { kind, from, to }: { readonly kind: "rows" | "ledger"; readonly from: number; readonly to: number },
  repair: () => Promise<RefusalReason | undefined>,
): Promise<RefusalReason | undefined> {
  const reason = await repair();
  if (reason === undefined) {
    metrics.repairs.inc({ kind });
    logger.warn("range.repaired", { partition, from, to, outcome: kind });
  } else {
    metrics.repairsRefused.inc({ reason });
    logger.error("range.unrepairable", { partition, from, to, reason });
  }
  return reason;
}
