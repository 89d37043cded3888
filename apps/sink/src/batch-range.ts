import { createHash } from "node:crypto";

/** The records [from, to) of one partition: what one batch is made of. */
export interface BatchRange {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** The topic id is in it, so that a topic that was made anew is not taken for the old one. */
export function rangeName({ topicId, partition, from, to }: BatchRange): string {
  return `sink:${topicId}:${partition}:${from}-${to}`;
}

/**
 * Names the batch in its rows, as a decimal UInt64: 64 bits of a hash, so that a row tells that it belongs to a range, which
 * the ledger knows, and not where in the log it was.
 */
export function batchId(range: BatchRange): string {
  return createHash("sha256").update(rangeName(range)).digest().readBigUInt64BE().toString();
}
