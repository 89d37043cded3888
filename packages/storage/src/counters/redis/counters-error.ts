import { ErrorReply } from "redis";
import { DeadlineError } from "./deadline.ts";

/** What a caller is told: the reason in words, and in one word for logs, metrics and readiness. */
export class RedisCountersError extends Error {
  override readonly name = "RedisCountersError";
  /** A connection's (`ECONNREFUSED`), Redis' own (`NOAUTH`), or one of ours (`evicts_counters`). */
  readonly code: string | undefined;

  constructor(reason: string, code: string | undefined) {
    super(`counters (redis): ${reason}`);
    this.code = code;
  }
}

/** A server that works, and is not to be counted on. */
export class UnfitRedisError extends Error {
  override readonly name = "UnfitRedisError";
  readonly code: string;

  constructor(code: string, reason: string) {
    super(reason);
    this.code = code;
  }
}

export function toCountersError(error: unknown): Error {
  if (error instanceof RangeError || error instanceof RedisCountersError) return error;
  const first = firstOf(error);
  const reason = first instanceof Error ? first.message || first.name : String(first);
  return new RedisCountersError(reason, codeOf(first));
}

/** A name with several addresses fails with one error an address, and no message of its own. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError && error.message === "" ? error.errors[0] : error;
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof DeadlineError) return "timeout";
  if (error instanceof ErrorReply) return /^[A-Z]+/.exec(error.message)?.[0];
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
