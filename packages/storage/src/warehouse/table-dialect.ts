/** How a warehouse makes and changes tables: by itself, or on a cluster. Every table's SQL stands once, with these parts in it. */
export interface TableDialect {
  /** Follows the name in CREATE, ALTER and DROP: ` ON CLUSTER ...`, or nothing. */
  readonly onCluster: string;
  /** What follows ENGINE =. `table` is `database.table`, from code, never from input. */
  engine(table: string): string;
  /**
   * First of the SETTINGS: the engine remembers deduplication tokens, and has a part on disk before it answers (about 4 ms an insert). An insert
   * that has no token is skipped if it has the rows of one before.
   */
  readonly settings: string;
}

/**
 * Tokens of a table that the engine remembers. A first attempt may take effect after a second one, for as long as a server works on it: until
 * then its token must not have been pushed out by those of other partitions and sinks.
 */
const REMEMBERED_TOKENS = 10_000;
const REMEMBERED_SECONDS = 7 * 86_400;
const ON_DISK = "fsync_after_insert = 1, fsync_part_directory = 1";
/** What needs no quoting in a path. */
const CLUSTER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

export const SINGLE_NODE: TableDialect = {
  onCluster: "",
  engine: () => "MergeTree",
  settings: `non_replicated_deduplication_window = ${REMEMBERED_TOKENS}, ${ON_DISK}`,
};

/**
 * Replicated tables, made by every server of the cluster. Their path in Keeper is of names, not of a table's UUID, so that a server that joins
 * later finds its replicas. `{shard}` and `{replica}` are macros of the server's configuration.
 */
export function clusterDialect(cluster: string): TableDialect {
  if (!CLUSTER.test(cluster)) throw new RangeError("a cluster's name is letters, digits, _, - and .");
  return {
    onCluster: ` ON CLUSTER \`${cluster}\``,
    engine: (table) =>
      `ReplicatedMergeTree('/clickhouse/tables/${cluster}/{shard}/${table.replace(".", "/")}', '{replica}')`,
    settings:
      `replicated_deduplication_window = ${REMEMBERED_TOKENS}, ` +
      `replicated_deduplication_window_seconds = ${REMEMBERED_SECONDS}, ${ON_DISK}`,
  };
}
