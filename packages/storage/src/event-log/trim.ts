import type { LmdbEnvironment } from "../lmdb/environment.ts";
import type { EventLogTables, PartitionStore } from "./partition-store.ts";
import type { SegmentTable } from "./segment-table.ts";

export const TRIM_EVERY_MS = 60_000;
const BLOCKS_PER_WRITE = 500;

/** Removes what is due in these partitions of one topic, and then, for good, the keys that opened it. */
export type Trim = (topic: string, partitions: readonly PartitionStore[]) => Promise<void>;

/** Piece by piece, so that appends wait for no more than some blocks of a backlog. */
export function createTrim({
  environment,
  segments,
  retentionMs,
  unreadTopics,
  clock,
}: {
  readonly environment: LmdbEnvironment<keyof EventLogTables>;
  readonly segments: SegmentTable;
  readonly retentionMs: number;
  readonly unreadTopics: readonly string[];
  readonly clock: () => number;
}): Trim {
  return async (topic, partitions) => {
    const isUnread = unreadTopics.includes(topic);
    const beforeMs = clock() - retentionMs;
    let isShreddingDue = false;
    for (const partition of partitions) {
      while (await environment.write(() => partition.trim(beforeMs, BLOCKS_PER_WRITE, isUnread)))
        isShreddingDue = true;
    }
    if (isShreddingDue) await environment.writeAlone(() => segments.shred());
  };
}
