import { createHash } from "node:crypto";

/**
 * Everything that is decided about one counter, in one step that Redis runs alone. KEYS[1] is the counter; ARGV is the operation, the
 * Unix second the counter ends at, and what the operation needs. It answers two whole numbers.
 *
 * Uses are a set of whole numbers, one a use: its last bit says whether it is confirmed. Redis keeps such a set as a sorted array of 8
 * bytes a number, up to `set-max-intset-entries` of them (512 unless configured). An amount taken is a number. Memory in all, in bytes a
 * counter (Redis 7.0, 2^18 counters): 145 with one use, 208 with 8, 768 with 64, confirmed or not; 112 for an amount; 41,000 with 512
 * uses, which no longer are an array.
 *
 * A counter whose time has passed by Redis' clock is refused rather than begun: Redis would forget it at once, and count from nothing
 * every time. A use that is already there is written again, as its expiry: whoever waits for replicas waits for all that came before
 * the last write of his connection, so that without one he would not wait for a use that another connection had counted.
 */
export const COUNTERS_SCRIPT = `
local key, operation, expires_at = KEYS[1], ARGV[1], ARGV[2]
local expired = tonumber(redis.call('TIME')[1]) >= tonumber(expires_at)

if operation == 'use' then
  if expired then return {3, 0} end
  local reserved, confirmed, limit = ARGV[3], ARGV[4], tonumber(ARGV[5])
  local known = redis.call('SMISMEMBER', key, reserved, confirmed)
  local uses = redis.call('SCARD', key)
  if known[1] == 1 or known[2] == 1 then
    redis.call('EXPIREAT', key, expires_at)
    return {known[2] == 1 and 2 or 1, uses}
  end
  if uses >= limit then return {3, uses} end
  redis.call('SADD', key, reserved)
  if uses == 0 then redis.call('EXPIREAT', key, expires_at) end
  return {0, uses + 1}
end

if operation == 'confirm' then
  if expired then return {0, 0} end
  local reserved, confirmed = ARGV[3], ARGV[4]
  local known = redis.call('SMISMEMBER', key, reserved, confirmed)
  if known[1] == 1 then
    redis.call('SADD', key, confirmed)
    redis.call('SREM', key, reserved)
  elseif known[2] == 1 then
    redis.call('EXPIREAT', key, expires_at)
  end
  return {0, 0}
end

if operation == 'take' then
  if expired then return {0, 0} end
  local amount, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
  local taken = tonumber(redis.call('GET', key) or '0')
  local remaining = math.max(0, limit - taken)
  if amount > remaining then return {0, remaining} end
  redis.call('INCRBY', key, ARGV[3])
  if taken == 0 then redis.call('EXPIREAT', key, expires_at) end
  return {1, remaining - amount}
end

return redis.error_reply('ERR no such operation')
`;

/** By which Redis knows the script once it has run it. */
export const COUNTERS_SCRIPT_SHA1 = createHash("sha1").update(COUNTERS_SCRIPT).digest("hex");

/** In the order of the script's numbers. */
export const USE_OUTCOMES = ["reserved", "repeated", "confirmed", "exhausted"] as const;

/** One run of the script. */
export interface ScriptCall {
  readonly key: Buffer;
  readonly args: readonly string[];
}

export type ScriptAnswer = readonly [number, number];
