import type { ReidContext } from "../context.ts";
import { driftOf } from "../decide/drift.ts";
import type { ReidMetrics } from "../reid-metrics.ts";
import { readHistory, seriesKey } from "../tables/read-history.ts";
import { type Scored, storeScores } from "../tables/scores.ts";
import type { Matter } from "./advance-alerts.ts";
import { mattersOf, scoresOf } from "./matters-of.ts";
import type { MeasuredUseCase } from "./measured-use-case.ts";

/** Stores what was measured, and answers with what was found. Scores come first: an alert says what can be looked up. */
export async function scoreWindows(
  warehouse: ReidContext["warehouse"],
  metrics: ReidMetrics,
  measured: MeasuredUseCase,
  run: { readonly id: string; readonly nowSeconds: number },
): Promise<Matter[]> {
  const { version: schemaVersion, document } = measured.entry;
  const matters: Matter[] = [];
  for (const window of measured.windows) {
    const series = { useCase: document.useCase, schemaVersion, window: window.window };
    const history = window.final ? await readHistory(warehouse, series) : new Map();
    const scored = scoresOf(measured, window, (now) => driftOf(now, history.get(seriesKey(now)) ?? []));
    const of = { measuredAtSeconds: run.nowSeconds, final: window.final };
    await storeScores(warehouse, `${run.id}:${document.useCase}:${window.window}`, of, scored);
    for (const each of scored) {
      matters.push(...mattersOf(each, window.final));
      showExposure(metrics, each);
    }
  }
  return matters;
}

function showExposure(metrics: ReidMetrics, { measurement, findings }: Scored): void {
  const { useCase: use_case, event, fields, exposedPids } = measurement;
  const [field] = fields;
  if (fields.length > 1 || findings.some(({ level }) => level === "quarantined")) return;
  metrics.exposedPids.set({ use_case, event, field }, exposedPids.share);
}
