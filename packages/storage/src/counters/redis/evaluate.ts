import { ErrorReply } from "redis";
import type { Deadline } from "./deadline.ts";
import type { RedisCommand, RedisNode } from "./node.ts";
import { REDIS_DEFAULTS, type RedisReplicationOptions } from "./options.ts";
import { COUNTERS_SCRIPT, COUNTERS_SCRIPT_SHA1, type ScriptAnswer, type ScriptCall } from "./script.ts";

/** Where a cluster keeps a key, when not where it was asked: for good, or until a slot has been moved (`isAsk`). */
export interface Redirection {
  readonly address: string;
  readonly isAsk: boolean;
}

export interface EvaluateOptions extends RedisReplicationOptions {
  readonly deadline: Deadline;
  /** Runs them where a slot is being moved to. */
  readonly asking?: boolean;
}

/**
 * Runs the script for each call, in order. Rejects unless the server ran or redirected every one of them and, where replicas are asked
 * for, so many have all of it: whatever was counted then is counted, and what is asked again is the same use.
 */
export async function evaluate(
  node: RedisNode,
  calls: readonly ScriptCall[],
  options: EvaluateOptions,
): Promise<(ScriptAnswer | Redirection)[]> {
  const byDigest = await evaluateAs(node, calls, ["EVALSHA", COUNTERS_SCRIPT_SHA1], options);
  const unknown = calls.filter((_, index) => startsWith(byDigest[index], "NOSCRIPT"));
  // A server forgets scripts when it starts. Whatever came before an unknown one is not run twice.
  const again =
    unknown.length === 0 ? [] : await evaluateAs(node, unknown, ["EVAL", COUNTERS_SCRIPT], options);
  const rest = again.values();
  return byDigest.map((reply) => answerOf(startsWith(reply, "NOSCRIPT") ? rest.next().value : reply));
}

async function evaluateAs(
  node: RedisNode,
  calls: readonly ScriptCall[],
  script: RedisCommand,
  options: EvaluateOptions,
): Promise<unknown[]> {
  const { deadline, asking = false, replicas = REDIS_DEFAULTS.replicas } = options;
  const commands = calls.flatMap(({ key, args }): RedisCommand[] => {
    const command = [...script, "1", key, ...args];
    return asking ? [["ASKING"], command] : [command];
  });
  const replies = await node.send(replicas > 0 ? [...commands, waitCommand(options)] : commands, deadline);
  if (replicas > 0) requireReplicas(replies.pop(), replicas);
  return asking ? replies.filter((_, index) => index % 2 === 1) : replies;
}

/** Answers how many replicas have all that this connection has written. */
export function waitCommand(options: EvaluateOptions): RedisCommand {
  const { replicas = REDIS_DEFAULTS.replicas, deadline } = options;
  const { replicationTimeoutMs = REDIS_DEFAULTS.replicationTimeoutMs } = options;
  // 0 would wait for ever.
  const waitMs = Math.max(1, Math.floor(Math.min(replicationTimeoutMs, deadline.leftMs)));
  return ["WAIT", String(replicas), String(waitMs)];
}

export function requireReplicas(reply: unknown, replicas: number): void {
  if (reply instanceof ErrorReply) throw reply;
  if (typeof reply === "number" && reply >= replicas) return;
  throw new Error(`${String(reply)} of ${replicas} replicas had it in time`);
}

function answerOf(reply: unknown): ScriptAnswer | Redirection {
  if (reply instanceof ErrorReply) {
    const [code, , address] = reply.message.split(" ");
    if ((code === "MOVED" || code === "ASK") && address !== undefined) {
      return { address, isAsk: code === "ASK" };
    }
    throw reply;
  }
  const [first, second] = Array.isArray(reply) ? reply : [];
  if (typeof first === "number" && typeof second === "number") return [first, second];
  throw new Error("the script's answer is not two numbers");
}

function startsWith(reply: unknown, code: string): boolean {
  return reply instanceof ErrorReply && reply.message.startsWith(code);
}
