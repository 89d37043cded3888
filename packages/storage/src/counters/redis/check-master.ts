import { ErrorReply } from "redis";
import { UnfitRedisError } from "./counters-error.ts";
import type { Deadline } from "./deadline.ts";
import type { RedisMaster } from "./servers.ts";

export interface CheckOptions {
  /** Refuses a server that keeps its data in memory alone, or in a snapshot now and then. On unless said otherwise. */
  readonly requireAppendOnlyFile?: boolean;
  readonly nowSeconds: () => number;
}

/** Beyond this, uses are refused long before their time, or kept long after it. ACS allows for 600. */
export const MAX_CLOCK_DIFFERENCE_SECONDS = 300;

const CHECK_KEY_SECONDS = "60";
const MEMORY_POLICY = {
  code: "evicts_counters",
  name: "maxmemory_policy",
  value: "noeviction",
  otherwise: "it would evict counters and count them from nothing",
};
const APPEND_ONLY_FILE = {
  code: "no_append_only_file",
  name: "aof_enabled",
  value: "1",
  otherwise: "it has no append-only file and would forget counters when it restarts",
};

/**
 * Rejects with a reason if a server would not keep what it counts, or cannot take a write now. A counter that Redis evicted to make
 * room, or lost with its memory, would be counted from nothing: every token of it could be used once more.
 */
export async function checkMaster(
  { node, ownKey }: RedisMaster,
  options: CheckOptions,
  deadline: Deadline,
): Promise<void> {
  const { requireAppendOnlyFile = true, nowSeconds } = options;
  const [memory, persistence, time] = await node.send(
    [["INFO", "memory"], ["INFO", "persistence"], ["TIME"]],
    deadline,
  );
  requireSetting(memory, MEMORY_POLICY);
  if (requireAppendOnlyFile) requireSetting(persistence, APPEND_ONLY_FILE);
  requireSameClock(time, nowSeconds());
  const [written] = await node.write([["SET", ownKey, "1", "EX", CHECK_KEY_SECONDS]], deadline);
  if (written instanceof ErrorReply) throw written;
}

function requireSetting(info: unknown, { name, value, otherwise, code }: typeof MEMORY_POLICY): void {
  if (info instanceof ErrorReply) throw info;
  const line = String(info)
    .split("\r\n")
    .find((each) => each.startsWith(`${name}:`));
  const found = line?.slice(name.length + 1) ?? "not told";
  if (found !== value) throw new UnfitRedisError(code, `${otherwise} (${name} is ${found}, not ${value})`);
}

function requireSameClock(time: unknown, nowSeconds: number): void {
  const aheadSeconds = secondsOf(time) - nowSeconds;
  if (Math.abs(aheadSeconds) <= MAX_CLOCK_DIFFERENCE_SECONDS) return;
  const which = aheadSeconds > 0 ? "ahead of" : "behind";
  const reason = `its clock is ${Math.round(Math.abs(aheadSeconds))} s ${which} this machine's`;
  throw new UnfitRedisError("clocks_differ", reason);
}

/** Unix seconds of what TIME answers. */
export function secondsOf(time: unknown): number {
  if (time instanceof ErrorReply) throw time;
  const seconds = Number(String(Array.isArray(time) ? time[0] : undefined));
  if (Number.isNaN(seconds)) throw new Error("TIME was answered by something else");
  return seconds;
}
