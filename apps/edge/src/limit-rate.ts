import { ProblemError } from "@dit/service-kit";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import { addressKey } from "./address-key.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/**
 * Refuses what comes too fast from one address, before anything of it is read. The address is the socket's: no header can
 * claim another one. It is used here and nowhere else.
 */
export function limitRate(limiter: RateLimiter): MiddlewareHandler {
  return async (c, next) => {
    const retryAfterSeconds = limiter.take(addressKey(getConnInfo(c).remote.address));
    if (retryAfterSeconds > 0) throw new ProblemError("rate_limited", { retryAfterSeconds });
    await next();
  };
}
