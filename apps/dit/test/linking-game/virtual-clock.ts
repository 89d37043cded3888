interface Timer {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that moves from timer to timer, for thousands of them: a binary heap, and `settle` awaited after each. */
export function createVirtualClock(startMs: number, settle: () => Promise<void>) {
  let now = startMs;
  let order = 0;
  const heap: Timer[] = [];
  return {
    nowMs: () => now,
    setTimer(run: () => void, delayMs: number): unknown {
      const timer = { at: now + Math.max(0, delayMs), order: order++, run };
      push(heap, timer);
      return timer;
    },
    clearTimer(timer: unknown): void {
      if (timer !== undefined) (timer as Timer).run = undefined;
    },
    async runUntil(endMs: number): Promise<void> {
      for (;;) {
        const next = heap[0];
        if (next === undefined || next.at > endMs) break;
        pop(heap);
        if (next.run === undefined) continue;
        now = next.at;
        next.run();
        await settle();
      }
      now = endMs;
    },
  };
}

export type VirtualClock = ReturnType<typeof createVirtualClock>;

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function pop(heap: Timer[]): void {
  swap(heap, 0, heap.length - 1);
  heap.pop();
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!isBefore(heap[child], heap[at])) return;
    swap(heap, at, child);
    at = child;
  }
}

function swap(heap: Timer[], a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]];
  if (first === undefined || second === undefined) return;
  heap[a] = second;
  heap[b] = first;
}
