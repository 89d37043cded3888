import { ErrorReply } from "redis";
import type { Deadline } from "./deadline.ts";
import { isRefusal, type RedisCommand, type Send } from "./node.ts";
import { COUNTERS_SCRIPT, COUNTERS_SCRIPT_SHA1, type ScriptAnswer, type ScriptCall } from "./script.ts";

/** Where a cluster keeps a key, when not where it was asked: for good, or until a slot has been moved (`isAsk`). */
export interface Redirection {
  readonly address: string;
  readonly isAsk: boolean;
}

interface EvaluateOptions {
  readonly deadline: Deadline;
  /** Runs them where a slot is being moved to. */
  readonly asking?: boolean;
}

/**
 * Runs the script for each call, in order. Rejects unless the server ran or redirected every one of them. Whatever was counted then is
 * counted, and the same asked again is the same use.
 */
export async function evaluate(
  write: Send,
  calls: readonly ScriptCall[],
  options: EvaluateOptions,
): Promise<(ScriptAnswer | Redirection)[]> {
  const byDigest = await evaluateAs(write, calls, ["EVALSHA", COUNTERS_SCRIPT_SHA1], options);
  const unknown = calls.filter((_, index) => isRefusal(byDigest[index], "NOSCRIPT"));
  // A server forgets scripts when it starts. Those of a call that it still knew are not run again.
  const again =
    unknown.length === 0 ? [] : await evaluateAs(write, unknown, ["EVAL", COUNTERS_SCRIPT], options);
  const rest = again.values();
  return byDigest.map((reply) => answerOf(isRefusal(reply, "NOSCRIPT") ? rest.next().value : reply));
}

async function evaluateAs(
  write: Send,
  calls: readonly ScriptCall[],
  script: RedisCommand,
  { deadline, asking = false }: EvaluateOptions,
): Promise<unknown[]> {
  const commands = calls.flatMap(({ key, args }): RedisCommand[] => {
    const command = [...script, "1", key, ...args];
    return asking ? [["ASKING"], command] : [command];
  });
  const replies = await write(commands, deadline);
  return asking ? replies.filter((_, index) => index % 2 === 1) : replies;
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
