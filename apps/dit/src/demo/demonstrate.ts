import { setTimeout as sleep } from "node:timers/promises";
import { type SimulationStats, startSimulator } from "@dit/simulator";
import type { CommandIo } from "../command.ts";
import { queryWarehouse } from "../commands/query.ts";
import type { StoredCounts } from "../pipeline/pipeline-account.ts";
import { simulationSetting } from "../pipeline/simulation-setting.ts";
import { progressLine } from "../progress-line.ts";
import type { DemoPipeline } from "./demo-pipeline.ts";
import { settle } from "./settle.ts";

const PROGRESS_EVERY_MS = 2_000;
/** Many processes are asked for their figures each time. */
const MEASURE_EVERY_MS = 500;
/** When it is interrupted. */
const SIMULATION_STOPS_WITHIN_MS = 2_000;

/** What an analyst would ask, of groups that are large enough to be shown. */
const ANALYST_QUERY = `SELECT device_category, suppressed, clients, events AS sessions, round(screen_width__mean) AS mean_width_px
FROM dit_views.client_health__session_started(by = ['device_category'])
ORDER BY window_start, suppressed, sessions DESC`;

export interface DemoOptions {
  readonly seconds: number;
  readonly json: boolean;
  readonly clients: number;
  readonly eventsPerSecond: number;
  readonly seed: number;
}

/** Says what came out, and answers with the exit code: 0 if everything balances. */
export async function demonstrate(
  pipeline: DemoPipeline,
  io: CommandIo,
  options: DemoOptions,
  stopping: AbortSignal,
): Promise<number> {
  const before = await pipeline.account.stored();
  const { stats, eventsPerSecond } = await simulate(pipeline, io, options, before, stopping);
  const { stored, counts, balance } = await settle(pipeline, before);
  const { balanced, reasons } = balance;
  const surprises = Object.keys(stats.surprises);
  const result = {
    clients: stats.clients,
    tokensIssued: counts.tokensIssued,
    reportsSent: stats.reportsSent,
    reportsAccepted: counts.reportsAccepted,
    reportsRejected: counts.reportsRejected,
    duplicates: counts.duplicates,
    eventsAccepted: counts.eventsAccepted,
    rowsInserted: stored.rowsInserted,
    deduplicated: stored.deduplicated,
    deadLettered: stored.deadLettered,
    pending: stored.pending,
    eventsPerSecond: Math.round(eventsPerSecond),
    rssBytes: await pipeline.peakMemoryBytes(),
    balanced,
  };
  const figures = Object.entries(result).map(
    ([name, value]) => `${name.padEnd(18)} ${JSON.stringify(value)}`,
  );
  const answer = await askAsAnalyst(
    pipeline,
    stored,
    options.json ? "TSVWithNames" : "PrettyCompactMonoBlock",
  );
  if (!options.json) io.out(figures.join("\n"));
  (options.json ? io.err : io.out)(answer);
  for (const reason of reasons) io.err(`not balanced: ${reason}`);
  for (const attack of surprises) io.err(`an attack was not answered as it must be: ${attack}`);
  if (options.json) io.out(JSON.stringify(result));
  return balanced && surprises.length === 0 ? 0 : 1;
}

/** Lets the population send for its time, or until it is interrupted; accepted events a second, from the first accepted report on. */
async function simulate(
  pipeline: DemoPipeline,
  io: CommandIo,
  options: DemoOptions,
  before: StoredCounts,
  stopping: AbortSignal,
): Promise<{ readonly stats: SimulationStats; readonly eventsPerSecond: number }> {
  const simulator = startSimulator(await simulationSetting(pipeline, options));
  const say = async () => {
    const line = await progressLine(pipeline, simulator.stats(), before);
    if (line !== undefined) io.progress(line);
  };
  try {
    const eventsPerSecond = await measureFor(options.seconds, pipeline, say, stopping);
    if (stopping.aborted) io.err("interrupted: what was accepted is stored and counted first");
    const stats = await simulator.stop(stopping.aborted ? SIMULATION_STOPS_WITHIN_MS : undefined);
    return { eventsPerSecond, stats };
  } catch (error) {
    await simulator.stop(SIMULATION_STOPS_WITHIN_MS);
    throw error;
  }
}

async function measureFor(
  seconds: number,
  pipeline: DemoPipeline,
  say: () => Promise<void>,
  stopping: AbortSignal,
): Promise<number> {
  const accepted = async () => (await pipeline.account.counts()).eventsAccepted;
  const end = performance.now() + seconds * 1000;
  let first: { readonly atMs: number; readonly events: number } | undefined;
  for (let next = 0; performance.now() < end && !stopping.aborted; ) {
    await sleep(MEASURE_EVERY_MS);
    await pipeline.check();
    const events = await accepted();
    if (events > 0) first ??= { atMs: performance.now(), events };
    if (performance.now() < next) continue;
    next = performance.now() + PROGRESS_EVERY_MS;
    await say();
  }
  if (first === undefined) return 0;
  return ((await accepted()) - first.events) / ((performance.now() - first.atMs) / 1000);
}

/** Tables come into being with the first event. */
async function askAsAnalyst(pipeline: DemoPipeline, stored: StoredCounts, format: string): Promise<string> {
  if (stored.rowsInserted === 0) return "\nnothing is stored that an analyst could ask for";
  const answer = await queryWarehouse(pipeline.instances.warehouseUrl[0] ?? "", ANALYST_QUERY, format);
  return `\nan analyst asks\n${ANALYST_QUERY}\n\n${answer}`;
}
