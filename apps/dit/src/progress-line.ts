import type { SimulationStats } from "@dit/simulator";
import type { StoredCounts } from "./pipeline/pipeline-account.ts";
import type { RunningPipeline } from "./pipeline/running-pipeline.ts";

/**
 * One line on how the pipeline and its simulated population are doing in this run; `before` is what was stored when it began.
 * Undefined while nothing has happened.
 */
export async function progressLine(
  pipeline: RunningPipeline,
  stats: SimulationStats,
  before: StoredCounts,
): Promise<string | undefined> {
  const counts = await pipeline.account.counts();
  if (counts.reportsAccepted === 0 && stats.attacksRefused === 0) return undefined;
  const stored = await pipeline.account.stored();
  const otherRefusals = refusalsOf(stats) - stats.attacksRefused;
  return [
    `${counts.reportsAccepted} reports`,
    `${counts.eventsAccepted} events accepted`,
    `${stored.rowsInserted - before.rowsInserted} rows stored`,
    before.rowsInserted > 0 && `(${stored.rowsInserted} of all runs)`,
    `${stored.pending} reports pending`,
    `${stats.attacksRefused} attacks refused`,
    otherRefusals > 0 && `${otherRefusals} other refusals`,
    `upload p50 ${Math.round(stats.uploadLatencyMs.p50)} ms`,
  ]
    .filter((part) => part !== false)
    .join("  ");
}

/** A lost answer is no refusal: clients that are offline or lose answers are part of the population. */
function refusalsOf({ reportsRejected }: SimulationStats): number {
  const { unreachable = 0, ...refused } = reportsRejected;
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}
