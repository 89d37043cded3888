import { ErrorReply } from "redis";
import { MAX_CLOCK_DIFFERENCE_SECONDS, secondsOf } from "./check-master.ts";
import { expiryOf, KEY_PATTERN } from "./counter-key.ts";
import { deadlineIn } from "./deadline.ts";
import type { RedisNode } from "./node.ts";

/** Some milliseconds of Redis' time, in which it serves nobody else. */
const KEYS_PER_STEP = "1000";

/**
 * Redis forgets counters by itself, at their expiry by its own clock. Only where that clock is far behind are they looked for: it takes
 * a walk over every key there is.
 */
export async function sweepMaster(node: RedisNode, nowSeconds: number, timeoutMs: number): Promise<void> {
  const [time] = await node.send([["TIME"]], deadlineIn(timeoutMs));
  if (nowSeconds - secondsOf(time) <= MAX_CLOCK_DIFFERENCE_SECONDS) return;
  let cursor = "0";
  do {
    const [step] = await node.send(
      [["SCAN", cursor, "MATCH", KEY_PATTERN, "COUNT", KEYS_PER_STEP]],
      deadlineIn(timeoutMs),
    );
    if (step instanceof ErrorReply) throw step;
    const [next, keys] = Array.isArray(step) ? step : [];
    const expired = bytes(keys).filter((key) => expiryOf(key) <= nowSeconds);
    await node.send(
      expired.map((key) => ["UNLINK", key]),
      deadlineIn(timeoutMs),
    );
    cursor = String(next);
  } while (cursor !== "0");
}

function bytes(keys: unknown): Buffer[] {
  return Array.isArray(keys) ? keys.filter((key) => Buffer.isBuffer(key)) : [];
}
