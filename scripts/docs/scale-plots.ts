import keptCurves from "../../apps/bench/measured/curves.json" with { type: "json" };
import { drawCurve } from "../../apps/bench/src/curves/draw-curve.ts";

/** The plots of docs/SCALE.md by their paths, of the kept run. */
export function scalePlots(): [path: string, svg: string][] {
  return keptCurves.curves.map((curve) => [`docs/plots/${curve.name}.svg`, drawCurve(curve)]);
}
