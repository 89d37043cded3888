/**
 * The SETTINGS of every MergeTree table that is inserted into: the engine remembers the last 1,000
 * deduplication tokens, and has a part on disk before it answers (about 4 ms an insert). An insert that has no
 * token is skipped if it has the rows of one before.
 */
export const MERGE_TREE_SETTINGS =
  "non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1";
