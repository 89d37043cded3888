import { withFilledWindow } from "../reid/run-turns.ts";
import { type Curve, type CurvePoint, pointOf } from "./curve.ts";

const ROWS = [625_000, 2_500_000, 10_000_000];
const TURNS = 3;

/** One window of ten fields, as the monitor measures it; what its process does before that is not counted. */
export async function measureMonitorCurve(): Promise<Curve> {
  const points: CurvePoint[] = [];
  for (const rows of ROWS) {
    const costs = await withFilledWindow(rows, async (measure) => {
      const seen: number[] = [];
      for (let turn = 0; turn < TURNS; turn++) {
        const { cpuSeconds, fields } = await measure("monitor");
        seen.push((cpuSeconds * 1e9) / (rows * fields.length));
      }
      return seen;
    });
    points.push(pointOf(rows, costs));
  }
  return {
    ...{ name: "monitor", title: "The monitor: a window of ten fields", points },
    ...{ sizeUnit: "rows", costUnit: "ns of a core, a field's value" },
  };
}
