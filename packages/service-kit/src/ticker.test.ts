import { describe, expect, it } from "vitest";
import { createTicker } from "./ticker.ts";

/** Waits that end when the test says so. */
function manualSleep() {
  const waits: { readonly ms: number; readonly wake: () => void }[] = [];
  const asked: (() => void)[] = [];
  return {
    waits,
    sleep: (ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        waits.push({ ms, wake: resolve });
        asked.shift()?.();
      }),
    nextWait: () => new Promise<void>((resolve) => asked.push(resolve)),
  };
}

const fail = (error: unknown) => {
  throw error;
};

describe("a ticker", () => {
  it("waits first, then runs, and never overlaps itself", async () => {
    const { waits, sleep, nextWait } = manualSleep();
    let runs = 0;
    const finish = Promise.withResolvers<void>();
    const ticker = createTicker({
      intervalMs: 1000,
      sleep,
      onError: fail,
      run: async () => {
        runs += 1;
        if (runs === 1) await finish.promise;
      },
    });
    ticker.start();
    ticker.start();
    expect([waits.length, runs]).toEqual([1, 0]);
    waits[0]?.wake();
    await Promise.resolve();
    await Promise.resolve();
    expect([waits.length, runs]).toEqual([1, 1]);
    const next = nextWait();
    finish.resolve();
    await next;
    expect([waits.length, runs]).toEqual([2, 1]);
    await ticker.stop();
  });

  it("tells errors and goes on", async () => {
    const { waits, sleep, nextWait } = manualSleep();
    const errors: unknown[] = [];
    const broken = new Error("broken");
    const ticker = createTicker({
      intervalMs: 1,
      sleep,
      run: () => Promise.reject(broken),
      onError: (error) => errors.push(error),
    });
    ticker.start();
    const next = nextWait();
    waits[0]?.wake();
    await next;
    expect(errors).toEqual([broken]);
    await ticker.stop();
  });

  it("aborts a running turn when stopped, waits for it, and tells nobody of the abort", async () => {
    const { waits, sleep } = manualSleep();
    let ended = false;
    const running = Promise.withResolvers<void>();
    const ticker = createTicker({
      intervalMs: 1,
      sleep,
      onError: fail,
      run: async (signal) => {
        running.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await Promise.resolve();
        ended = true;
        throw new Error("aborted");
      },
    });
    ticker.start();
    waits[0]?.wake();
    await running.promise;
    await ticker.stop();
    expect(ended).toBe(true);
    await ticker.stop();
  });

  it("may be started again", async () => {
    const { waits, sleep } = manualSleep();
    const ticker = createTicker({ intervalMs: 1, sleep, onError: fail, run: () => Promise.resolve() });
    ticker.start();
    await ticker.stop();
    ticker.start();
    expect(waits).toHaveLength(2);
    await ticker.stop();
  });

  it.each([
    [0, 800],
    [0.5, 1000],
    [1, 1200],
  ])("spreads its waits by the jitter (random %d: %d ms)", async (random, ms) => {
    const { waits, sleep } = manualSleep();
    const ticker = createTicker({
      intervalMs: 1000,
      jitterShare: 0.2,
      random: () => random,
      sleep,
      onError: fail,
      run: () => Promise.resolve(),
    });
    ticker.start();
    expect(waits[0]?.ms).toBeCloseTo(ms);
    await ticker.stop();
  });
});
