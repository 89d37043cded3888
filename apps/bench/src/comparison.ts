/** Two ways to do the same, timed in one process, turn by turn. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  /** How many units one run does. */
  readonly perRun: number;
  readonly ours: () => void;
  readonly peer: () => void;
  readonly peerName: string;
  /** Least ratio ours / peer, of rates. */
  readonly target: number;
}

export interface ComparisonResult {
  readonly name: string;
  readonly unit: string;
  readonly peerName: string;
  readonly oursPerSecond: number;
  readonly peerPerSecond: number;
  /** Median of the ratios turn by turn, so that a drift of the machine's speed cancels out. */
  readonly ratio: number;
  readonly lowestRatio: number;
  readonly highestRatio: number;
  readonly target: number;
}

const TURN_MS = 250;

export function compare(comparison: Comparison, turns: number): ComparisonResult {
  const { name, unit, peerName, target, perRun } = comparison;
  rate(comparison.ours, perRun);
  rate(comparison.peer, perRun);
  const measured = Array.from({ length: turns }, () => ({
    ours: rate(comparison.ours, perRun),
    peer: rate(comparison.peer, perRun),
  }));
  const ratios = measured.map(({ ours, peer }) => ours / peer);
  return {
    name,
    unit,
    peerName,
    oursPerSecond: median(measured.map(({ ours }) => ours)),
    peerPerSecond: median(measured.map(({ peer }) => peer)),
    ratio: median(ratios),
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
    target,
  };
}

/** Units a second over one turn. */
function rate(run: () => void, perRun: number): number {
  const start = performance.now();
  let units = 0;
  do {
    run();
    units += perRun;
  } while (performance.now() - start < TURN_MS);
  return units / ((performance.now() - start) / 1000);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] =
    sorted.length % 2 ? [sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}
