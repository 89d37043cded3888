import { type Html, html, percent } from "./html.ts";

export interface Line {
  readonly name: string;
  readonly className: "first" | "second";
  /** Shares, 0 to 1: one for each of the chart's ticks; undefined: not measured. */
  readonly shares: readonly (number | undefined)[];
}

const WIDTH = 260;
const HEIGHT = 130;
const LEFT = 38;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 20;

/** Lines over evenly spaced ticks, from 0 to the whole. The figures are in its description too. */
export function lineChart(title: string, ticks: readonly string[], lines: readonly Line[]): Html {
  const x = (index: number) => LEFT + (index * (WIDTH - LEFT - RIGHT)) / Math.max(1, ticks.length - 1);
  const y = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const everyNth = Math.ceil(ticks.length / 8);
  return html`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(title, ticks, lines)}">
${[0, 0.5, 1].map(
  (share) => html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}"/>
<text x="${LEFT - 5}" y="${y(share) + 3}" text-anchor="end">${share * 100} %</text>`,
)}
${ticks.flatMap((tick, index) =>
  index % everyNth === 0
    ? [html`<text x="${x(index)}" y="${HEIGHT - 5}" text-anchor="middle">${tick}</text>`]
    : [],
)}
${lines.map((line) => drawLine(line, x, y))}
</svg></figure>`;
}

function drawLine(
  { shares, className }: Line,
  x: (index: number) => number,
  y: (share: number) => number,
): Html {
  const points = shares.flatMap((share, index) =>
    share === undefined ? [] : [`${x(index).toFixed(1)},${y(share).toFixed(1)}`],
  );
  const [only] = points;
  if (points.length === 1 && only !== undefined) {
    const [cx = "", cy = ""] = only.split(",");
    return html`<circle class="dot" cx="${cx}" cy="${cy}" r="3"/>`;
  }
  return html`<polyline class="line ${className}" points="${points.join(" ")}"/>`;
}

function describe(title: string, ticks: readonly string[], lines: readonly Line[]): string {
  const told = lines.map(({ name, shares }) => {
    const points = shares.flatMap((share, index) =>
      share === undefined ? [] : [`${ticks[index]}: ${percent(share)}`],
    );
    return `${name}: ${points.join(", ")}`;
  });
  return `${title}. ${told.join(". ")}`;
}
