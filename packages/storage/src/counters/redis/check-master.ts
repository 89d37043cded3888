import { ErrorReply } from "redis";
import type { Deadline } from "./deadline.ts";
import { requireReplicas, waitCommand } from "./evaluate.ts";
import type { RedisMaster, RedisServersOptions } from "./servers.ts";

export interface CheckOptions extends RedisServersOptions {
  /** Refuses a server that keeps its data in memory alone, or in a snapshot now and then. On unless said otherwise. */
  readonly requireAppendOnlyFile?: boolean;
  readonly nowSeconds: () => number;
}

/** Beyond this, uses are refused long before their time, or kept long after it. ACS allows for 600. */
export const MAX_CLOCK_DIFFERENCE_SECONDS = 300;

const CHECK_KEY_SECONDS = "60";

/**
 * Rejects with a reason if a server would not keep what it counts, or cannot take a write now. A counter that Redis evicted to make
 * room, or lost with its memory, would be counted from nothing: every token of it could be used once more.
 */
export async function checkMaster(
  { node, ownKey }: RedisMaster,
  options: CheckOptions,
  deadline: Deadline,
): Promise<void> {
  const { replicas = 0, requireAppendOnlyFile = true, nowSeconds } = options;
  const questions = [["INFO", "memory"], ["INFO", "persistence"], ["TIME"]];
  const write = ["SET", ownKey, "1", "EX", CHECK_KEY_SECONDS];
  const wait = replicas > 0 ? [waitCommand({ ...options, deadline })] : [];
  const replies = await node.send([...questions, write, ...wait], deadline);
  const [memory, persistence, time, written, reached] = replies;
  const refusal = replies.find((reply) => reply instanceof ErrorReply);
  if (refusal !== undefined) throw refusal;
  requireSetting(
    memory,
    "maxmemory_policy",
    "noeviction",
    "it would evict counters and count them from nothing",
  );
  if (requireAppendOnlyFile) {
    requireSetting(
      persistence,
      "aof_enabled",
      "1",
      "it has no append-only file and would forget counters when it restarts",
    );
  }
  requireSameClock(time, nowSeconds());
  if (written !== "OK") throw new Error("it does not take a write");
  if (replicas > 0) requireReplicas(reached, replicas);
}

function requireSetting(info: unknown, name: string, wanted: string, otherwise: string): void {
  const line = String(info)
    .split("\r\n")
    .find((each) => each.startsWith(`${name}:`));
  const value = line?.slice(name.length + 1);
  if (value !== wanted) throw new Error(`${otherwise} (${name} is ${value ?? "not told"}, not ${wanted})`);
}

function requireSameClock(time: unknown, nowSeconds: number): void {
  const aheadSeconds = secondsOf(time) - nowSeconds;
  if (Math.abs(aheadSeconds) <= MAX_CLOCK_DIFFERENCE_SECONDS) return;
  throw new Error(`its clock is ${Math.round(aheadSeconds)} s ahead of this machine's`);
}

/** Unix seconds of what TIME answers. */
export function secondsOf(time: unknown): number {
  if (time instanceof ErrorReply) throw time;
  const seconds = Number(String(Array.isArray(time) ? time[0] : undefined));
  if (Number.isNaN(seconds)) throw new Error("TIME was answered by something else");
  return seconds;
}
