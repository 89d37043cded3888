import { utf8 } from "@dit/crypto-core";
import { DEAD_LETTERS_TOPIC } from "@dit/protocol";
import { sqlName } from "@dit/storage";
import { type BatchContent, expectedOf, ledgerContentOf, lostContentOf, stagesOf } from "./batch-contents.ts";
import { type BatchRange, rangeName } from "./batch-range.ts";
import type { SinkContext } from "./context.ts";
import type { DeadLetterReference } from "./dead-letters.ts";
import { eachOf } from "./each-of.ts";
import { LEDGER_TABLE } from "./ledger.ts";
import type { MadeBatch } from "./make-batch.ts";

/** So that one is encoded while the engine works on another. */
export const INSERTS_AT_ONCE = 2;

type BatchStore = Pick<SinkContext, "eventLog" | "warehouse">;

/** How the inserts of a batch come to be exact. */
export interface StoreAttempt {
  /** Sets the tokens of a repair apart from those that were used before. */
  readonly name?: string;
  /**
   * Something of the batch may be there from an attempt that is not a moment ago: the engine remembers a limited number of
   * tokens, and other partitions' may have pushed this batch's out. What is there completely is not inserted.
   */
  readonly isRepeated?: boolean;
}

/**
 * Stores a batch, its ledger row after all others, and then says where its dead letters lie: not before, or each of many
 * failing attempts would. May be repeated until it succeeds.
 */
export async function storeBatch(store: BatchStore, made: MadeBatch, attempt: StoreAttempt): Promise<void> {
  const { rows: expected } = expectedOf(made);
  for (const stage of [...stagesOf(made), [ledgerContentOf(made)]]) {
    await eachOf(stage, INSERTS_AT_ONCE, async (content) => {
      const rows = expected[content.table] ?? content.rows.length;
      if (attempt.isRepeated === true && (await countBatch(store, content.table, made)) >= rows) return;
      await insertContent(store, made, content, attempt.name);
    });
  }
  await announceDeadLetters(store, made);
}

/** Puts a range that the log let go of into the ledger. */
export async function noteLost(store: BatchStore, range: BatchRange, day: string): Promise<void> {
  await insertContent(store, { range }, lostContentOf(range, day));
}

export async function insertContent(
  { warehouse }: BatchStore,
  { range }: Pick<MadeBatch, "range">,
  { table, columns, rows }: BatchContent,
  attemptName?: string,
): Promise<void> {
  const suffix = attemptName === undefined ? "" : `:${attemptName}`;
  const deduplicationToken = `${rangeName(range)}:${table}${suffix}`;
  await warehouse.insert({ table, columns, rows, deduplicationToken });
}

async function countBatch(
  { warehouse }: BatchStore,
  table: string,
  { batch, oldestDay }: MadeBatch,
): Promise<number> {
  const day = table === LEDGER_TABLE ? "day" : "ingest_day";
  const [found] = await warehouse.query<{ rows: number }>(
    `SELECT count() AS rows FROM ${sqlName(table)} WHERE batch = {batch:UInt64} AND ${day} >= {oldestDay:Date}`,
    { batch, oldestDay },
    { upToDate: [table] },
  );
  return Number(found?.rows ?? 0);
}

/** Where in the log the dead letters lie. The key is the place, so that a repeat after a crash is next to its original. */
async function announceDeadLetters(
  { eventLog }: BatchStore,
  { range, deadLetters }: MadeBatch,
): Promise<void> {
  const { topicId, partition } = range;
  const records = deadLetters.map(({ offset, reason }) => {
    const reference: DeadLetterReference = { topicId, partition, offset, reason };
    return { key: utf8(`${topicId}:${partition}:${offset}`), value: utf8(JSON.stringify(reference)) };
  });
  await eventLog.append(DEAD_LETTERS_TOPIC, records);
}
