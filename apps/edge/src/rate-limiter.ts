import type { Clock } from "@dit/service-kit";
import { LRUCache } from "lru-cache";
import type { EdgeLimits } from "./limits.ts";

/** Token buckets by address key: in memory only, and no longer than an address needs one. */
export interface RateLimiter {
  /** Takes one request from the address's bucket. Returns 0, or how many seconds until there is one to take. */
  take(addressKey: string): number;
  /** Forgets every address whose bucket is full again: it is as good as new. */
  forget(): void;
  /** Addresses remembered now. */
  readonly size: number;
}

interface Bucket {
  level: number;
  atMs: number;
}

export function createRateLimiter(options: {
  readonly clock: Clock;
  readonly limits: Pick<EdgeLimits, "ratePerSecond" | "rateBurst" | "maxRateLimitedAddresses">;
}): RateLimiter {
  const { clock, limits } = options;
  const { ratePerSecond, rateBurst } = limits;
  const buckets = new LRUCache<string, Bucket>({ max: limits.maxRateLimitedAddresses });

  function filled(bucket: Bucket, nowMs: number): number {
    const gained = (Math.max(0, nowMs - bucket.atMs) / 1000) * ratePerSecond;
    return Math.min(rateBurst, bucket.level + gained);
  }

  return {
    take(addressKey) {
      const nowMs = clock.nowMs();
      const bucket = buckets.get(addressKey);
      const level = bucket ? filled(bucket, nowMs) : rateBurst;
      const isRefused = level < 1;
      const next = { level: isRefused ? level : level - 1, atMs: nowMs };
      if (bucket) Object.assign(bucket, next);
      else buckets.set(addressKey, next);
      return isRefused ? Math.ceil((1 - level) / ratePerSecond) : 0;
    },
    forget() {
      const nowMs = clock.nowMs();
      const full = [...buckets.entries()].filter(([, bucket]) => filled(bucket, nowMs) >= rateBurst);
      for (const [addressKey] of full) buckets.delete(addressKey);
    },
    get size() {
      return buckets.size;
    },
  };
}
