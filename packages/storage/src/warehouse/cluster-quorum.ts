import type { ClickHouseClient } from "@clickhouse/client";
import { askForRows } from "./client-requests.ts";
import { UnfitClusterError } from "./unfit-cluster-error.ts";

const SHAPE_SQL =
  "SELECT uniqExact(shard_num) AS shards, count() AS replicas FROM system.clusters WHERE cluster = {cluster:String}";

/** How many servers of a cluster must have an insert before it is answered. */
export interface ClusterQuorum {
  /** Throws UnfitClusterError for a cluster that is no home for these tables. */
  size(signal: AbortSignal): Promise<number>;
  /** Looks again the next time: servers may have joined. */
  forget(): void;
}

/**
 * Most of them, so that one that is lost takes nothing along. (`insert_quorum = 'auto'` counts the replicas of the table instead, and where
 * a table has one, waits for another until its time is over.)
 */
export function createClusterQuorum(client: ClickHouseClient, cluster: string): ClusterQuorum {
  let known: number | undefined;
  return {
    async size(signal) {
      known ??= await readMajority(client, cluster, signal);
      return known;
    },
    forget() {
      known = undefined;
    },
  };
}

async function readMajority(client: ClickHouseClient, cluster: string, signal: AbortSignal): Promise<number> {
  const { result } = await askForRows<{ shards: number; replicas: number }>(
    client,
    SHAPE_SQL,
    { cluster },
    signal,
  );
  const shards = Number(result[0]?.shards ?? 0);
  if (shards === 0) throw new UnfitClusterError("CLUSTER_UNKNOWN");
  if (shards > 1) throw new UnfitClusterError("CLUSTER_HAS_SHARDS");
  return Math.floor(Number(result[0]?.replicas) / 2) + 1;
}
