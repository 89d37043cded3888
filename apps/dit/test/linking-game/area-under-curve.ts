export interface Scored {
  readonly score: number;
  readonly isTrue: boolean;
  /** Pairs of one client are not independent of each other. */
  readonly client: number;
}

export interface Area {
  readonly auc: number;
  readonly standardError: number;
}

/**
 * The probability that a true pair scores above a false one, ties counting half. Its standard error is DeLong's, with the pairs of a
 * client as one (Obuchowski, Biometrics 53, 1997).
 */
export function areaUnderCurve(pairs: readonly Scored[]): Area {
  const [trues, falses] = [pairs.filter(({ isTrue }) => isTrue), pairs.filter(({ isTrue }) => !isTrue)];
  const sortedTrue = Float64Array.from(trues, ({ score }) => score).sort();
  const sortedFalse = Float64Array.from(falses, ({ score }) => score).sort();
  const above = trues.map(({ score }) => shareBelow(sortedFalse, score));
  const below = falses.map(({ score }) => 1 - shareBelow(sortedTrue, score));
  const auc = above.reduce((sum, share) => sum + share, 0) / trues.length;
  const clients = new Map<number, number>();
  const add = (of: readonly Scored[], shares: readonly number[]) => {
    for (const [i, { client }] of of.entries()) {
      clients.set(client, (clients.get(client) ?? 0) + ((shares[i] ?? 0) - auc) / of.length);
    }
  };
  add(trues, above);
  add(falses, below);
  const squares = [...clients.values()].reduce((sum, each) => sum + each * each, 0);
  return { auc, standardError: Math.sqrt((squares * clients.size) / (clients.size - 1)) };
}

function shareBelow(sorted: Float64Array, score: number): number {
  return (countBelow(sorted, score, false) + countBelow(sorted, score, true)) / 2 / sorted.length;
}

function countBelow(sorted: Float64Array, score: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0;
    if (value < score || (orEqual && value === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}
