import { median } from "../table/judge.ts";

/** What one operation costs at one size: the median of some turns, and their extremes. */
export interface CurvePoint {
  readonly size: number;
  readonly cost: number;
  readonly least: number;
  readonly most: number;
}

/** What one operation costs as something grows. Where the whole is linear in its size, this is level. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  /** "tokens a batch" */
  readonly sizeUnit: string;
  /** "µs a token" */
  readonly costUnit: string;
  readonly points: readonly CurvePoint[];
}

/** `apps/bench/measured/curves.json`. */
export interface MeasuredCurves {
  readonly machine: string;
  /** Of the minute before the run began. */
  readonly loadAverage: number;
  /** On disk, of a live token in the embedded counters. */
  readonly bytesPerToken: number;
  readonly curves: readonly Curve[];
}

/** Of the costs that were seen in the turns of one size. */
export function pointOf(size: number, costs: readonly number[]): CurvePoint {
  return { size, cost: median(costs), least: Math.min(...costs), most: Math.max(...costs) };
}
