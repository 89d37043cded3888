import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { element, scalar } from "../bytes.ts";
import { type BoundKey, createTweakCache } from "./tweak-cache.ts";

const KEY = new Uint8Array(32).fill(9);
const filled = (byte: number) => new Uint8Array(32).fill(byte);

describe("the cache of bound keys", () => {
  it("makes each once, and keeps the most recently used", () => {
    const { ask, made } = open(2);
    for (const info of [1, 2, 1, 3, 1, 2]) ask(info);
    expect(made.map(([info]) => info)).toEqual([1, 2, 3, 2]);
  });

  it("wipes what it drops, and only that", () => {
    const { ask } = open(2);
    const [first, second, third] = [ask(1), ask(2), ask(3)];
    expect([first.t, first.inverse].map(String)).toEqual([filled(0), filled(0)].map(String));
    expect([second.t, third.inverse].map(String)).toEqual([filled(2), filled(3)].map(String));
  });

  it("wipes everything when cleared, but not the caller's key", () => {
    const { ask, clear, made } = open(2);
    const kept = [ask(1), ask(2)];
    clear();
    for (const { t, inverse } of kept)
      expect([t, inverse].map(String)).toEqual([filled(0), filled(0)].map(String));
    expect(KEY).toEqual(filled(9));
    ask(1);
    expect(made).toHaveLength(3);
  });

  it("does not wipe a caller's Buffer, whose slices share its memory", () => {
    const cache = createTweakCache(1);
    const key = Buffer.from(KEY);
    const tweak = { t: scalar(filled(1)), inverse: scalar(filled(1)), tweakedKey: element(filled(1)) };
    cache.get(key, filled(1), () => tweak);
    cache.clear();
    expect(key.equals(KEY)).toBe(true);
  });

  it("keeps nothing of what could not be made", () => {
    const cache = createTweakCache(2);
    const fail = () => {
      throw new Error("no inverse");
    };
    expect(() => cache.get(KEY, filled(1), fail)).toThrow("no inverse");
    expect(() => cache.get(KEY, filled(1), fail)).toThrow("no inverse");
  });
});

function open(maxEntries: number) {
  const cache = createTweakCache(maxEntries);
  const made: [number, BoundKey][] = [];
  const make = (info: number) => () => {
    const tweak = {
      t: scalar(filled(info)),
      inverse: scalar(filled(info)),
      tweakedKey: element(filled(info)),
    };
    made.push([info, tweak]);
    return tweak;
  };
  return { ask: (info: number) => cache.get(KEY, filled(info), make(info)), clear: cache.clear, made };
}
