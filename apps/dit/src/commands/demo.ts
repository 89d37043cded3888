import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startSimulator } from "@dit/simulator";
import { balanceOf } from "../balance.ts";
import type { Command, CommandIo } from "../command.ts";
import { type Pipeline, startPipeline } from "../pipeline/pipeline.ts";
import type { StoredCounts } from "../pipeline/pipeline-account.ts";
import { simulationSetting } from "../pipeline/simulation-setting.ts";
import { progressLine } from "../progress-line.ts";
import { queryWarehouse } from "./query.ts";
import { positive } from "./up.ts";

const PROGRESS_EVERY_MS = 2_000;
const POLL_MS = 100;
const DRAIN_WITHIN_MS = 30_000;

/** What an analyst would ask: how uploads went, by device. */
const ANALYST_QUERY = `SELECT device_category, count() AS sessions, uniqExact(pid) AS pseudonyms, round(avg(screen_width)) AS mean_width_px
FROM dit.client_health__session_started
GROUP BY device_category ORDER BY sessions DESC`;

export const demoCommand: Command = {
  usage: "dit demo [--seconds 20] [--clients 200] [--events-per-second 8000] [--seed 1] [--json]",
  summary:
    "from empty: run the pipeline for a while, drain it, and balance what was accepted with what is stored",
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: {
        seconds: { type: "string", default: "20" },
        clients: { type: "string", default: "200" },
        "events-per-second": { type: "string", default: "8000" },
        seed: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
      },
    });
    const dataDirectory = await mkdtemp(join(tmpdir(), "dit-demo-"));
    try {
      const pipeline = await startPipeline({ env: io.env, dataDirectory, freePorts: true, writeLog: io.err });
      try {
        return await demonstrate(pipeline, io, {
          seconds: positive("seconds", values.seconds),
          json: values.json,
          clients: positive("clients", values.clients),
          eventsPerSecond: positive("events-per-second", values["events-per-second"]),
          seed: positive("seed", values.seed),
        });
      } finally {
        await pipeline.stop();
      }
    } finally {
      await rm(dataDirectory, { recursive: true, force: true });
    }
  },
};

interface DemoOptions {
  readonly seconds: number;
  readonly json: boolean;
  readonly clients: number;
  readonly eventsPerSecond: number;
  readonly seed: number;
}

async function demonstrate(pipeline: Pipeline, io: CommandIo, options: DemoOptions): Promise<number> {
  const before = await pipeline.account.stored();
  const simulator = startSimulator(await simulationSetting(pipeline, options));
  const rate = await sendFor(options.seconds, pipeline, () => progressLine(pipeline, simulator.stats()), io);
  const stats = await simulator.stop();
  const stored = await drain(pipeline);
  const counts = await pipeline.account.counts();
  const { balanced, reasons } = balanceOf(counts, stored, before);
  const surprises = Object.keys(stats.surprises);
  const answer = await queryWarehouse(
    pipeline.addresses.warehouseUrl,
    ANALYST_QUERY,
    options.json ? "TSVWithNames" : "PrettyCompactMonoBlock",
  );
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
    eventsPerSecond: Math.round(rate),
    rssBytes: peakRssBytes(),
    balanced,
  };
  io.out(`\nan analyst asks\n${ANALYST_QUERY}\n\n${answer}\n`);
  for (const reason of reasons) io.err(`not balanced: ${reason}`);
  for (const attack of surprises) io.err(`an attack was not answered as it must be: ${attack}`);
  if (options.json) io.out(JSON.stringify(result));
  else
    for (const [name, value] of Object.entries(result)) io.out(`${name.padEnd(18)} ${JSON.stringify(value)}`);
  return balanced && surprises.length === 0 ? 0 : 1;
}

/** Lets the population send; the answer is accepted events a second once the first report was accepted. */
async function sendFor(
  seconds: number,
  pipeline: Pipeline,
  progress: () => Promise<string>,
  io: CommandIo,
): Promise<number> {
  const accepted = async () => (await pipeline.account.counts()).eventsAccepted;
  const end = performance.now() + seconds * 1000;
  let first: { readonly atMs: number; readonly events: number } | undefined;
  for (let next = 0; performance.now() < end; ) {
    await sleep(POLL_MS);
    const events = await accepted();
    if (events > 0) first ??= { atMs: performance.now(), events };
    if (performance.now() < next) continue;
    next = performance.now() + PROGRESS_EVERY_MS;
    io.err(await progress());
  }
  if (first === undefined) return 0;
  return ((await accepted()) - first.events) / ((performance.now() - first.atMs) / 1000);
}

async function drain(pipeline: Pipeline): Promise<StoredCounts> {
  const end = performance.now() + DRAIN_WITHIN_MS;
  for (;;) {
    const stored = await pipeline.account.stored();
    if (stored.pending === 0 || performance.now() > end) return stored;
    await sleep(POLL_MS);
  }
}

/** Of this process: all services, both engines and the population. */
function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
