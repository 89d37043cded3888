import { utf8 } from "@dit/crypto-core";
import { type BatchContent, contentsOf, ledgerRowOf } from "./batch-contents.ts";
import { rangeName } from "./batch-range.ts";
import type { SinkContext } from "./context.ts";
import { DEAD_LETTERS_TOPIC, type DeadLetterReference } from "./dead-letters.ts";
import { LEDGER_COLUMNS, LEDGER_TABLE } from "./ledger.ts";
import type { MadeBatch } from "./make-batch.ts";
import type { SinkMetrics } from "./sink-metrics.ts";

export interface BatchStore extends Pick<SinkContext, "eventLog" | "warehouse"> {
  readonly metrics: SinkMetrics;
}

/**
 * Stores a batch, its ledger row last. May be repeated until it succeeds: what is there already is skipped by its token. `attempt`
 * sets the tokens of a repair apart from those that were used before.
 */
export async function storeBatch(store: BatchStore, made: MadeBatch, attempt = ""): Promise<void> {
  await announceDeadLetters(store, made);
  for (const content of contentsOf(made)) await insertContent(store, made, content, attempt);
  await timedInsert(store, {
    table: LEDGER_TABLE,
    columns: LEDGER_COLUMNS,
    rows: [ledgerRowOf(made)],
    deduplicationToken: tokenOf(made, LEDGER_TABLE, attempt),
  });
}

export async function insertContent(
  store: BatchStore,
  made: MadeBatch,
  { table, columns, rows }: BatchContent,
  attempt: string,
): Promise<void> {
  const deduplicationToken = tokenOf(made, table, attempt);
  await timedInsert(store, { table, columns, rows, deduplicationToken });
}

function tokenOf({ range }: MadeBatch, table: string, attempt: string): string {
  return `${rangeName(range)}:${table}${attempt === "" ? "" : `:${attempt}`}`;
}

async function timedInsert(
  { warehouse, metrics }: BatchStore,
  insert: Parameters<BatchStore["warehouse"]["insert"]>[0],
): Promise<void> {
  const stop = metrics.insertSeconds.startTimer();
  await warehouse.insert(insert);
  stop();
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
