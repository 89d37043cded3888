import { macKey as asMacKey, type MacKey } from "@dit/crypto-core";
import { LRUCache } from "lru-cache";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { KeyEpoch } from "../keys/live-key.ts";

/**
 * MAC keys of tokens with which a MAC has verified, so that the next use of such a token costs a hash. They go by the token's name in
 * the counters: the token itself is not kept.
 */
export interface MacKeyCache {
  /** Counts as no use, since a stranger can ask for it. */
  peek(name: string): Peeked;
  /** Of all names, those whose last use is the longest ago are the next to go. */
  markUsed(name: string): void;
  /** Copies the key. */
  keep(name: string, of: KeyEpoch, macKey: MacKey): void;
  /** Overwrites the keys of epochs that are over. */
  forget(isOver: (of: KeyEpoch) => boolean): void;
  /** Overwrites all. */
  close(): void;
}

export interface Peeked {
  readonly isKept: boolean;
  /** In the cache's own memory: to be used at once. Zeros where none is kept, so that both cost the same to compare with. */
  readonly macKey: MacKey;
}

const KEY_BYTES = 32;
/** Measured: the key, its name, and what the list and the map need to find them. */
const ENTRY_BYTES = 180;
/** For 178,000 tokens. */
export const DEFAULT_MAC_KEY_CACHE_BYTES = 32_000_000;

/**
 * The keys lie in one block outside the collector's heap, which moves small arrays and leaves copies behind: what is overwritten here
 * is gone.
 */
export function createMacKeyCache(
  maxBytes: number,
  metrics: Pick<AcsMetrics, "macKeysKept" | "macKeyEvictions">,
): MacKeyCache {
  const capacity = Math.floor(maxBytes / ENTRY_BYTES);
  /** The last place belongs to nobody. */
  const block = new Uint8Array((capacity + 1) * KEY_BYTES);
  const placeOf = (slot: number) => block.subarray(slot * KEY_BYTES, (slot + 1) * KEY_BYTES);
  const freeSlots: number[] = [];
  /** Of each slot's key; undefined once that is overwritten. */
  const epochs: (KeyEpoch | undefined)[] = [];
  const keptOf = new Map<KeyEpoch, number>();
  const count = (of: KeyEpoch, change: 1 | -1) => {
    const kept = (keptOf.get(of) ?? 0) + change;
    if (kept === 0) keptOf.delete(of);
    else keptOf.set(of, kept);
    metrics.macKeysKept.inc(change);
  };
  const wipe = (slot: number): boolean => {
    const of = epochs[slot];
    if (of === undefined) return false;
    placeOf(slot).fill(0);
    epochs[slot] = undefined;
    count(of, -1);
    return true;
  };
  const slots = new LRUCache<string, number>({
    max: Math.max(1, capacity),
    dispose: (slot) => {
      freeSlots.push(slot);
      if (wipe(slot)) metrics.macKeyEvictions.inc();
    },
  });
  const forget = (isOver: (of: KeyEpoch) => boolean) => {
    const over = new Set([...keptOf.keys()].filter(isOver));
    if (over.size === 0) return;
    // The names stay until others need their place: removing hundreds of thousands at once would hold everybody up.
    for (const [slot, of] of epochs.entries()) if (of !== undefined && over.has(of)) wipe(slot);
  };
  return {
    peek(name) {
      const slot = slots.peek(name);
      const isKept = slot !== undefined && epochs[slot] !== undefined;
      return { isKept, macKey: asMacKey(placeOf(isKept ? slot : capacity)) };
    },
    markUsed: (name) => void slots.get(name),
    keep(name, of, macKey) {
      if (capacity === 0) return;
      if (slots.size === capacity) slots.pop();
      const slot = freeSlots.pop() ?? slots.size;
      placeOf(slot).set(macKey);
      epochs[slot] = of;
      count(of, 1);
      slots.set(name, slot);
    },
    forget,
    close: () => forget(() => true),
  };
}
