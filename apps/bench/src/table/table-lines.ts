import type { Figures, RowResult } from "./judge.ts";

/** The table for a terminal; what each row is against, and why it has no figures, stands below. */
export function tableLines(results: readonly RowResult[]): string[] {
  const head = ["row", "what", "ours", "peer", "ratio (range)", "target", ""];
  const cells = [head, ...results.map(cellsOf)];
  const widthOf = (column: number) => Math.max(...cells.map((line) => line[column]?.length ?? 0));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widthOf(column) + 2))
      .join("")
      .trimEnd(),
  );
  const against = results.map(({ name, against, note }) =>
    note === undefined ? `${name}: against ${against}` : `${name}: against ${against}. ${note}`,
  );
  return [...lines, "", ...against];
}

const OUTCOMES = { met: "met", missed: "MISSED", "not measured": "not measured", failed: "FAILED" } as const;

function cellsOf({ name, what, target, outcome, figures }: RowResult): string[] {
  return [name, what, ...(figures ? figureCells(figures) : ["-", "-", "-"]), target, OUTCOMES[outcome]];
}

function figureCells({ unit, ours, peer, ratio, lowestRatio, highestRatio }: Figures): string[] {
  return [
    `${whole(ours)} ${unit}`,
    whole(peer),
    `${times(ratio)} (${times(lowestRatio)}-${times(highestRatio)})`,
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** To three digits: 0.597x misses 0.6x, and has to look like it. */
function times(ratio: number): string {
  if (ratio < 1) return `${ratio.toFixed(3)}x`;
  return `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
}
