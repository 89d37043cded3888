import { median } from "../table/judge.ts";
import type { Measured, MeasuredField } from "./measured-field.ts";
import type { Turn, Turns } from "./run-turns.ts";

/** One line of the report: the monitor beside the exact query, and how their ratio has to be. */
export interface ReidComparison {
  readonly what: string;
  readonly unit: string;
  readonly monitor: number;
  readonly exact: number;
  readonly ratio: number;
  readonly target: string | undefined;
  readonly met: boolean;
}

export interface FieldError {
  readonly field: string;
  readonly values: number;
  /** The largest of any figure in any turn. */
  readonly error: number;
}

export interface ReidReport {
  readonly rows: number;
  readonly fields: number;
  readonly turns: number;
  readonly idleBytes: number;
  readonly comparisons: readonly ReidComparison[];
  readonly errors: readonly FieldError[];
  readonly met: boolean;
}

/** Times as fast as the exact query, of its memory, and off from it. */
const TARGETS = { speed: 1, memory: 0.2, error: 0.05 } as const;
const MEGABYTE = 1e6;

/** Medians over turns; a ratio is taken within each turn, so that a drift of the machine's speed cancels out. */
export function compareReid(rows: number, { idle, turns }: Turns): ReidReport {
  const fields = turns[0]?.exact.fields ?? [];
  const over = (unit: string, figure: (measured: Measured) => number) => ({
    unit,
    monitor: median(turns.map(({ monitor }) => figure(monitor))),
    exact: median(turns.map(({ exact }) => figure(exact))),
    ratio: median(turns.map(({ monitor, exact }) => figure(monitor) / figure(exact))),
  });
  const speed = over("field values/s", ({ seconds }) => (rows * fields.length) / seconds);
  const memory = over("MB", ({ peakBytes }) => (peakBytes - idle.peakBytes) / MEGABYTE);
  const errors = fields.map((exact) => ({
    field: exact.field,
    values: exact.values,
    error: Math.max(...turns.map((turn) => largestError(turn, exact.field))),
  }));
  const error = Math.max(...errors.map((each) => each.error));
  const comparisons: ReidComparison[] = [
    { what: "speed", ...speed, target: `>= ${TARGETS.speed}x`, met: speed.ratio >= TARGETS.speed },
    told(
      "processor time",
      over("s", ({ cpuSeconds }) => cpuSeconds),
    ),
    {
      what: "peak above idle",
      ...memory,
      target: `<= ${TARGETS.memory}x`,
      met: memory.ratio <= TARGETS.memory,
    },
    told(
      "peak in all",
      over("MB", ({ peakBytes }) => peakBytes / MEGABYTE),
    ),
    {
      ...{ what: "largest error", unit: "", monitor: error, exact: 0, ratio: error },
      target: `<= ${TARGETS.error}`,
      met: error <= TARGETS.error,
    },
  ];
  return {
    ...{ rows, fields: fields.length, turns: turns.length, idleBytes: idle.peakBytes },
    ...{ comparisons, errors, met: comparisons.every(({ met }) => met) },
  };
}

/** What has no target. */
function told(
  what: string,
  figures: Pick<ReidComparison, "unit" | "monitor" | "exact" | "ratio">,
): ReidComparison {
  return { what, ...figures, target: undefined, met: true };
}

function largestError({ monitor, exact }: Turn, field: string): number {
  const isIt = (other: MeasuredField) => other.field === field;
  const [ours, theirs] = [monitor.fields.find(isIt), exact.fields.find(isIt)];
  if (ours === undefined || theirs === undefined) return 1;
  // Counts and bits relative to the exact ones; shares, which are compared with thresholds, as they are.
  const errors = [
    ours.values / theirs.values - 1,
    ours.entropyBits / theirs.entropyBits - 1,
    ours.unique - theirs.unique,
    ours.rare - theirs.rare,
    ours.exposedPids - theirs.exposedPids,
  ].map(Math.abs);
  return errors.every(Number.isFinite) ? Math.max(...errors) : 1;
}
