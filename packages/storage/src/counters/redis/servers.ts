import type { Deadline } from "./deadline.ts";
import type { RedisNode } from "./node.ts";
import type { RedisConnectionOptions, RedisReplicationOptions } from "./options.ts";
import type { ScriptAnswer, ScriptCall } from "./script.ts";

/** The servers that keep one store's counters: one, or a cluster's masters. */
export interface RedisServers {
  /** Runs the script for each call; calls with one key in their order. Rejects unless all of them ran. */
  run(calls: readonly ScriptCall[], deadline: Deadline): Promise<ScriptAnswer[]>;
  /** Every one of them, as it is now. */
  masters(deadline: Deadline): Promise<readonly RedisMaster[]>;
  disconnect(): void;
}

export interface RedisMaster {
  readonly node: RedisNode;
  /** A key that this one keeps, and that is no counter. */
  readonly ownKey: string;
}

export interface RedisServersOptions extends RedisConnectionOptions, RedisReplicationOptions {}
