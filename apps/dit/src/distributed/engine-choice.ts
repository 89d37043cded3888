import { UsageError } from "../command.ts";

/** Which ports are on servers; ClickHouse is one always, since a chDB directory belongs to one process. */
export interface EngineChoice {
  readonly redis: boolean;
  readonly postgres: boolean;
}

const NAMES = ["kafka", "redis", "postgres", "clickhouse"];

/**
 * Reads `kafka,redis,postgres`. Counters and documents that are not named stay on LMDB, which processes of one machine share; the event log
 * cannot, since nothing would divide an embedded log's partitions among sinks. Throws UsageError.
 */
export function parseEngineChoice(text: string): EngineChoice {
  const named = text.split(",").map((name) => name.trim());
  const unknown = named.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--engines takes ${NAMES.join(", ")}, and not ${JSON.stringify(unknown)}`);
  }
  if (!named.includes("kafka")) {
    throw new UsageError(
      "--engines needs kafka: an embedded event log has no way to divide its partitions among several sinks",
    );
  }
  return { redis: named.includes("redis"), postgres: named.includes("postgres") };
}
