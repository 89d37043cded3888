import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, CommandError, type CommandIo } from "../command.ts";
import { type DemoPipeline, startDemoPipeline } from "../demo/demo-pipeline.ts";
import { type DemoOptions, demonstrate } from "../demo/demonstrate.ts";
import { parseEngineChoice } from "../distributed/engine-choice.ts";
import { parseOptions, positiveInteger, positiveNumber, refusePositionals } from "../parse-options.ts";
import { isProduction } from "../shared-config.ts";

const ENDED_WITHIN_MS = 500;

/** Ctrl-C ends it early: what was accepted is drained and balanced as ever, and the exit code is by that. */
export const demoCommand: Command = {
  usage:
    "dit demo [--seconds 20] [--clients 200] [--events-per-second 8000] [--seed 1] [--engines kafka,redis,postgres] [--json]",
  summary:
    "from empty: run the pipeline for a while, drain it, and balance what was accepted with what is stored; Ctrl-C ends it early. With --engines as processes of their own on these servers and ClickHouse, fetched and started here",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      seconds: { type: "string", default: "20" },
      clients: { type: "string", default: "200" },
      "events-per-second": { type: "string", default: "8000" },
      seed: { type: "string", default: "1" },
      engines: { type: "string" },
      json: { type: "boolean", default: false },
    });
    refusePositionals(positionals);
    const options = {
      seconds: positiveNumber("seconds", values.seconds),
      json: values.json,
      clients: positiveInteger("clients", values.clients),
      eventsPerSecond: positiveNumber("events-per-second", values["events-per-second"]),
      seed: positiveInteger("seed", values.seed),
    };
    const engines = values.engines === undefined ? undefined : parseEngineChoice(values.engines);
    if (isProduction(io.env)) {
      throw new CommandError("there is no simulated population in production mode, and so no demo");
    }
    const stopping = io.stopSignal();
    const directory = await mkdtemp(join(tmpdir(), "dit-demo-"));
    try {
      return await demonstrateAndStop(
        await startDemoPipeline(engines, directory, io, stopping),
        io,
        options,
        stopping,
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function demonstrateAndStop(
  pipeline: DemoPipeline,
  io: CommandIo,
  options: DemoOptions,
  stopping: AbortSignal,
): Promise<number> {
  let exitCode: number;
  try {
    exitCode = await demonstrate(pipeline, io, options, stopping);
    await pipeline.check();
    if (exitCode !== 0) for (const complaint of await pipeline.complaints()) io.err(complaint);
  } catch (error) {
    try {
      // A part that ended is why nothing answers there; that it ended is known a moment later.
      await sleep(ENDED_WITHIN_MS);
      await pipeline.check();
      throw error;
    } finally {
      await pipeline.abandon();
    }
  }
  await pipeline.stop();
  return exitCode;
}
