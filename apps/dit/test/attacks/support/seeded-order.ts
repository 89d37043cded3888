/** A reproducible source of orders: mulberry32. Not for secrets. */
export function createSeededRandom(seed: number): { shuffled<T>(items: readonly T[]): T[] } {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    shuffled(items) {
      const order = [...items];
      for (let last = order.length - 1; last > 0; last--) {
        const at = Math.floor(next() * (last + 1));
        const [one, other] = [order[at], order[last]];
        if (one !== undefined && other !== undefined) [order[last], order[at]] = [one, other];
      }
      return order;
    },
  };
}
