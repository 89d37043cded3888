import { type Context, randomFraction } from "./context.ts";

/**
 * Full jitter: a random time up to base x 2^failures, capped, so that clients that failed together do not come back
 * together; on top of what the server asked for.
 */
export function backoffMs(context: Context, failures: number, retryAfterMs: number): number {
  const { backoffBaseMs, backoffCapMs } = context.timing;
  const boundMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(failures, 30));
  return Math.ceil(retryAfterMs + randomFraction(context) * boundMs);
}
