import type { Curve, CurvePoint } from "./curve.ts";

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 64;
const RIGHT = 24;
const TOP = 44;
const BOTTOM = 52;
const ROWS = 4;
/** Between the dearest point and the upper edge. */
const HEADROOM = 1.15;

/** Pages show it by `<img>`, where no style of theirs gets in: it follows the reader's light or dark by itself. */
const STYLE = `
    .ground { fill: #fff } .ink { fill: #1f2328 } .faint { fill: #59636e }
    .row { stroke: #d1d9e0 } .level { stroke: #59636e; stroke-dasharray: 4 4 }
    .line { stroke: #0969da; fill: none; stroke-width: 2 } .point { fill: #0969da } .spread { stroke: #0969da; stroke-opacity: .5 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } .ink { fill: #f0f6fc } .faint { fill: #9198a1 }
      .row { stroke: #3d444d } .level { stroke: #9198a1 }
      .line, .spread { stroke: #4493f8 } .point { fill: #4493f8 }
    }`;

/**
 * A curve as an SVG document: sizes on a logarithmic axis, what one operation costs on one that begins at 0. The dashed line is the first
 * point's cost: on it, all that is done costs in proportion to its size.
 */
export function drawCurve({ title, sizeUnit, costUnit, points }: Curve): string {
  const toX = logarithmic(points.map(({ size }) => size));
  const top = HEADROOM * Math.max(...points.map(({ most }) => most));
  const toY = (cost: number) => rounded(HEIGHT - BOTTOM - (cost / top) * (HEIGHT - TOP - BOTTOM));
  const level = toY(points[0]?.cost ?? 0);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `  <title>${escaped(title)}: ${escaped(costUnit)} by ${escaped(sizeUnit)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    `  <text class="ink" x="${LEFT}" y="20" font-weight="600">${escaped(title)}</text>`,
    `  <text class="faint" x="${LEFT}" y="36">${escaped(costUnit)}</text>`,
    ...rows(top, toY),
    `  <line class="level" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${level}" y2="${level}"/>`,
    `  <polyline class="line" points="${points.map(({ size, cost }) => `${toX(size)},${toY(cost)}`).join(" ")}"/>`,
    ...points.flatMap((point) => drawPoint(point, toX(point.size), toY)),
    `  <text class="faint" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(sizeUnit)}</text>`,
    "</svg>",
  ].join("\n")}\n`;
}

function rows(top: number, toY: (cost: number) => number): string[] {
  return Array.from({ length: ROWS + 1 }, (_, index) => {
    const cost = (top * index) / ROWS;
    const y = toY(cost);
    return `  <line class="row" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text class="faint" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${figure(cost)}</text>`;
  });
}

function drawPoint(
  { size, cost, least, most }: CurvePoint,
  x: number,
  toY: (cost: number) => number,
): string[] {
  const y = toY(cost);
  return [
    `  <line class="spread" x1="${x}" x2="${x}" y1="${toY(least)}" y2="${toY(most)}"/>`,
    `  <circle class="point" cx="${x}" cy="${y}" r="4"/><text class="ink" x="${x}" y="${toY(most) - 8}" text-anchor="middle">${figure(cost)}</text>`,
    `  <text class="faint" x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${size.toLocaleString("en-US")}</text>`,
  ];
}

/** The ends lie a little inside, so that their labels have room. */
function logarithmic(sizes: readonly number[]): (size: number) => number {
  const [from, to] = [Math.log(Math.min(...sizes)), Math.log(Math.max(...sizes))];
  const inset = 36;
  const width = WIDTH - LEFT - RIGHT - 2 * inset;
  return (size) => rounded(LEFT + inset + ((Math.log(size) - from) / (to - from || 1)) * width);
}

/** Three digits say all that a measurement does. */
function figure(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** Of pixels: a tenth is enough, and keeps the file short. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
