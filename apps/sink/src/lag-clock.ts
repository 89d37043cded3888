import type { PartitionProgress } from "@dit/storage";

interface Look {
  readonly endOffset: number;
  readonly atMs: number;
}

/** Of the time that the oldest record has waited: finer memory says nothing more, and a stuck partition must not fill it. */
const RESOLUTION = 1 / 500;

/**
 * Tells for how long the oldest record that is not dealt with has waited. Records say no time (when a report came is nobody's
 * business), so it is read off earlier looks at the log's end: at least so long, exact to the time between two looks, and counted from the
 * first look at the earliest.
 */
export function createLagClock(): (progress: PartitionProgress, nowMs: number) => number {
  const lookedAt = new Map<string, readonly Look[]>();
  return ({ topicId, partition, committedOffset, endOffset }, nowMs) => {
    const key = `${topicId}:${partition}`;
    const looks = (lookedAt.get(key) ?? []).filter((look) => look.endOffset > committedOffset);
    const [first = { atMs: nowMs }, last] = [looks[0], looks.at(-1)];
    const isFine = last !== undefined && nowMs - last.atMs < (nowMs - first.atMs) * RESOLUTION;
    if (endOffset > (last?.endOffset ?? committedOffset) && !isFine) looks.push({ endOffset, atMs: nowMs });
    lookedAt.set(key, looks);
    return looks.length === 0 ? 0 : (nowMs - first.atMs) / 1000;
  };
}
