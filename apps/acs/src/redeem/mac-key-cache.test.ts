import { macKey } from "@dit/crypto-core";
import { createMetrics } from "@dit/service-kit";
import { describe, expect, it } from "vitest";
import { createAcsMetrics } from "../acs-metrics.ts";
import type { KeyEpoch } from "../keys/live-key.ts";
import { createMacKeyCache } from "./mac-key-cache.ts";

const MONDAY: KeyEpoch = { useCase: "messaging", keyVersion: 1, epoch: 1 };
const TUESDAY: KeyEpoch = { ...MONDAY, epoch: 2 };
const ROOM_FOR_TWO = 2 * 180;
const keyOf = (byte: number) => macKey(new Uint8Array(32).fill(byte));
const WIPED = keyOf(0);
const NONE = { isKept: false, macKey: WIPED };
const kept = (byte: number) => ({ isKept: true, macKey: keyOf(byte) });

function openCache(maxBytes = ROOM_FOR_TWO) {
  const metrics = createMetrics("acs");
  return { metrics, ...createMacKeyCache(maxBytes, createAcsMetrics(metrics)) };
}

describe("the cache of MAC keys", () => {
  it("keeps a copy, and gives it by its name", () => {
    const cache = openCache();
    const mine = keyOf(1);
    cache.keep("a", MONDAY, mine);
    mine.fill(0);
    expect(cache.peek("a")).toEqual(kept(1));
    expect(cache.peek("b")).toEqual(NONE);
  });

  it("overwrites the least recently used for want of room, and looking is no use", async () => {
    const cache = openCache();
    cache.keep("a", MONDAY, keyOf(1));
    cache.keep("b", MONDAY, keyOf(2));
    cache.markUsed("a");
    const [a, b] = [cache.peek("a").macKey, cache.peek("b").macKey];
    cache.keep("c", TUESDAY, keyOf(3));
    expect(cache.peek("b")).toEqual(NONE);
    // The newcomer lies where the evicted one was: nothing of it is left.
    expect([a, b]).toEqual([keyOf(1), keyOf(3)]);
    expect(await cache.metrics.value("mac_key_evictions_total")).toBe(1);
    expect(await cache.metrics.value("mac_keys")).toBe(2);
  });

  it("overwrites what belongs to an epoch that is over, and only that", async () => {
    const cache = openCache();
    cache.keep("a", MONDAY, keyOf(1));
    cache.keep("b", TUESDAY, keyOf(2));
    const memory = cache.peek("a").macKey;
    cache.forget(({ epoch }) => epoch === 1);
    expect(memory).toEqual(WIPED);
    expect([cache.peek("a"), cache.peek("b")]).toEqual([NONE, kept(2)]);
    expect(await cache.metrics.value("mac_keys")).toBe(1);
  });

  it("has room again for as many as before, after forgetting", async () => {
    const cache = openCache();
    for (const round of [1, 2, 3]) {
      for (const name of ["a", "b", "c", "d"]) cache.keep(`${name}${round}`, MONDAY, keyOf(round));
      expect(await cache.metrics.value("mac_keys")).toBe(2);
      expect([cache.peek(`c${round}`), cache.peek(`d${round}`)]).toEqual([kept(round), kept(round)]);
      cache.forget(() => true);
      expect(await cache.metrics.value("mac_keys")).toBe(0);
    }
    // What was forgotten is not evicted as well.
    expect(await cache.metrics.value("mac_key_evictions_total")).toBe(6);
  });

  it("keeps one key for a name that comes again", async () => {
    const cache = openCache();
    cache.keep("a", MONDAY, keyOf(1));
    cache.keep("a", TUESDAY, keyOf(2));
    cache.forget(({ epoch }) => epoch === 1);
    expect(cache.peek("a")).toEqual(kept(2));
    expect(await cache.metrics.value("mac_keys")).toBe(1);
  });

  it("overwrites everything when it is closed", () => {
    const cache = openCache();
    cache.keep("a", MONDAY, keyOf(1));
    cache.keep("b", TUESDAY, keyOf(2));
    const memory = [cache.peek("a").macKey, cache.peek("b").macKey];
    cache.close();
    expect(memory).toEqual([WIPED, WIPED]);
  });

  it("keeps nothing where there is no room for anything", () => {
    const cache = openCache(0);
    cache.keep("a", MONDAY, keyOf(1));
    expect(cache.peek("a")).toEqual(NONE);
  });
});
