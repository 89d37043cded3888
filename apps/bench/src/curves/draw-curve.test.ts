import { expect, it } from "vitest";
import { type Curve, pointOf } from "./curve.ts";
import { drawCurve } from "./draw-curve.ts";

function curveOf(costs: readonly number[]): Curve {
  const points = costs.map((cost, index) => pointOf(4 ** index, [cost, cost * 0.9, cost * 1.1]));
  return {
    name: "issue",
    title: "Issue <tokens>",
    sizeUnit: "tokens a batch",
    costUnit: "µs a token",
    points,
  };
}

/** Where the points' centres are, in the order of the sizes. */
function centresOf(svg: string): { x: number; y: number }[] {
  return [...svg.matchAll(/<circle class="point" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));
}

it("draws a level line where every size costs the same, on the dashed one", () => {
  const svg = drawCurve(curveOf([40, 40, 40]));
  const heights = centresOf(svg).map(({ y }) => y);
  expect(new Set(heights).size).toBe(1);
  expect(svg).toContain(`class="level" x1="64" x2="536" y1="${heights[0]}"`);
});

it("puts sizes at equal factors apart by equal steps, and dearer points higher", () => {
  const [first, second, third] = centresOf(drawCurve(curveOf([10, 20, 80])));
  expect(Number(third?.x) - Number(second?.x)).toBeCloseTo(Number(second?.x) - Number(first?.x), 0);
  expect(Number(first?.y) - Number(second?.y)).toBeGreaterThan(0);
  expect(Number(second?.y) - Number(third?.y)).toBeCloseTo(6 * (Number(first?.y) - Number(second?.y)), 0);
});

it("tells what it shows, with nothing that a reader of XML takes for a tag", () => {
  const svg = drawCurve(curveOf([1_234_567]));
  expect(svg).toContain("<title>Issue &lt;tokens&gt;: µs a token by tokens a batch</title>");
  expect(svg).toContain(">1,230,000</text>");
});

it("takes the middle one of the turns, and the extremes", () => {
  expect(pointOf(4, [9, 1, 5])).toEqual({ size: 4, cost: 5, least: 1, most: 9 });
});
