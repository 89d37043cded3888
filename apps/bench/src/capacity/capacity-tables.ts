import type { Assumptions } from "./assumptions.ts";
import { type CapacityLine, capacityModel } from "./capacity-model.ts";
import { COST_LABELS, type MeasuredCosts } from "./unit-costs.ts";

/** Columns of the table. */
export const POPULATIONS = [1e6, 1e7, 1e8, 1e9] as const;

/** In Markdown, by the name of the section: what was measured, what is assumed, and what follows. */
export function capacityTables(
  measured: MeasuredCosts,
  assumptions: Assumptions,
  populations: readonly number[] = POPULATIONS,
): Record<string, string> {
  return {
    "measured-costs": costTable(measured),
    assumptions: assumptionTable(assumptions),
    capacity: lineTable(capacityModel(measured.costs, assumptions), populations),
  };
}

function costTable(measured: MeasuredCosts): string {
  const { machine, loadAverage, evaluationSeconds, eventsPerReport, reportsPerToken, costs } = measured;
  const rows = Object.entries(COST_LABELS).map(([name, [what, unit]]) => {
    const value = costs[name as keyof typeof COST_LABELS];
    return `| ${what} | ${rounded(unit === "µs" ? value * 1e6 : value)} ${unit} |`;
  });
  return [
    `One run: ${machine}, load average ${loadAverage.toFixed(1)}; reports of ${eventsPerReport} events, ${reportsPerToken} reports a token. Times are`,
    `processor time of one core; in the same run one POPRF evaluation took ${rounded(evaluationSeconds * 1e6)} µs.`,
    "",
    "| what | cost |",
    "|---|---:|",
    ...rows,
  ].join("\n");
}

function assumptionTable(assumptions: Assumptions): string {
  const rows = Object.entries(assumptions).map(([name, value]) => `| \`${name}\` | ${value} |`);
  return ["| assumption | value |", "|---|---:|", ...rows].join("\n");
}

function lineTable(lines: readonly CapacityLine[], populations: readonly number[]): string {
  const heads = populations.map((clients) => `${clients.toLocaleString("en-US")} clients`);
  const rows = lines.map(({ group, what, how, unit, of }) =>
    [
      `| ${group} | ${what} | ${how} `,
      ...populations.map((clients) => `| ${shown(of(clients), unit)} `),
      "|",
    ].join(""),
  );
  return [
    `| | what | how | ${heads.join(" | ")} |`,
    `|---|---|---|${populations.map(() => "---:|").join("")}`,
    ...rows,
  ].join("\n");
}

const BYTES = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

function shown(value: number, unit: CapacityLine["unit"]): string {
  if (unit === "1/s") return `${rounded(value)}/s`;
  if (unit === "cores") return rounded(value);
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3)));
  return `${rounded(value / 1000 ** power)} ${BYTES[power]}${unit === "bytes/s" ? "/s" : ""}`;
}

/** To two digits that say something: more would claim more than was measured. */
function rounded(value: number): string {
  if (value === 0) return "0";
  const digits = Math.floor(Math.log10(Math.abs(value)));
  const step = 10 ** (digits - 1);
  const near = Math.round(value / step) * step;
  return near.toLocaleString("en-US", { maximumFractionDigits: Math.max(0, 1 - digits) });
}
