import type { Measurement, Row, Target, Turn } from "./row.ts";

/** A line of the table, as it is printed and written. */
export interface RowResult {
  readonly name: string;
  readonly what: string;
  readonly against: string;
  readonly target: string;
  readonly outcome: "met" | "missed" | "not measured" | "failed";
  /** Why there are no figures, or what else was seen. */
  readonly note?: string;
  readonly figures?: Figures;
}

export interface Figures {
  readonly unit: string;
  /** Medians. */
  readonly ours: number;
  readonly peer: number;
  /** Median of the ratios turn by turn, so that a drift of the machine's speed cancels out. */
  readonly ratio: number;
  readonly lowestRatio: number;
  readonly highestRatio: number;
  readonly turns: readonly Turn[];
}

export function judge({ name, what, against, target }: Row, measurement: Measurement): RowResult {
  const row = { name, what, against, target: targetText(target) };
  if ("notMeasured" in measurement) {
    return { ...row, outcome: "not measured", note: measurement.notMeasured };
  }
  if ("met" in measurement) return { ...row, outcome: measurement.met ? "met" : "missed" };
  const figures = figuresOf(measurement.unit, measurement.turns);
  const { note } = measurement;
  return {
    ...{ ...row, outcome: isMet(target, figures) ? "met" : "missed", figures },
    ...(note === undefined ? {} : { note }),
  };
}

/** Of a row that could not be measured though it should: a target that nobody knows to be met. */
export function failed({ name, what, against, target }: Row, error: unknown): RowResult {
  const note = error instanceof Error ? error.message : String(error);
  return { name, what, against, target: targetText(target), outcome: "failed", note };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] =
    sorted.length % 2 ? [sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}

function figuresOf(unit: string, turns: readonly Turn[]): Figures {
  const ratios = turns.map(({ ours, peer }) => ours / peer);
  return {
    unit,
    ours: median(turns.map(({ ours }) => ours)),
    peer: median(turns.map(({ peer }) => peer)),
    ratio: median(ratios),
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
    turns,
  };
}

/** What is not a number meets nothing. */
function isMet(target: Target, { ours, ratio }: Figures): boolean {
  if ("leastRatio" in target) return ratio >= target.leastRatio;
  return "mostOurs" in target && ours <= target.mostOurs;
}

function targetText(target: Target): string {
  if ("leastRatio" in target) return `>= ${target.leastRatio}x`;
  return "mostOurs" in target ? `<= ${target.mostOurs.toLocaleString("en-US")}` : target.own;
}
