import type { SimulationStats } from "@dit/simulator";
import type { Pipeline } from "./pipeline/pipeline.ts";

/** One line on how the pipeline and its simulated population are doing. */
export async function progressLine(pipeline: Pipeline, stats: SimulationStats): Promise<string> {
  const counts = await pipeline.account.counts();
  const stored = await pipeline.account.stored();
  const refused = Object.values(counts.reportsRejected).reduce((sum, count) => sum + count, 0);
  return [
    `${stats.clients} clients`,
    `${counts.tokensIssued} tokens`,
    `${counts.reportsAccepted} reports (${refused} refused, ${counts.duplicates} repeated)`,
    `${counts.eventsAccepted} events`,
    `${stored.rowsInserted} rows stored`,
    `${stored.pending} reports pending`,
    `upload p50 ${Math.round(stats.uploadLatencyMs.p50)} ms`,
  ].join("  ");
}
