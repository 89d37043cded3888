/** A statement for a cluster, cut down to what one engine can do alone. */
export function plainSql(sql: string): string {
  if (/^\s*SYSTEM\s+SYNC\s+REPLICA\b/i.test(sql)) return "SELECT 1 WHERE 0";
  if (!/^\s*(?:CREATE|ALTER|DROP)\b/i.test(sql)) return sql;
  return sql
    .replace(/ ON CLUSTER `[^`]+`/, "")
    .replace(/ENGINE = Replicated(\w*MergeTree)\('[^']*', '[^']*'\)/, "ENGINE = $1")
    .replace(/\breplicated_deduplication_window_seconds = \d+, /, "")
    .replace(/\breplicated_deduplication_window\b/, "non_replicated_deduplication_window");
}
