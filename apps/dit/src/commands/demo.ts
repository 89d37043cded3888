import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, CommandError, type CommandIo, UsageError } from "../command.ts";
import { type DemoPipeline, startDemoPipeline } from "../demo/demo-pipeline.ts";
import { type DemoOptions, demonstrate } from "../demo/demonstrate.ts";
import { demonstrateScenarios } from "../demo/demonstrate-scenarios.ts";
import { parseEngineChoice } from "../distributed/engine-choice.ts";
import { parseOptions, positiveInteger, positiveNumber, refusePositionals } from "../parse-options.ts";
import { scenarioClients, scenarioNames } from "../scenario/scenario-names.ts";
import { isProduction } from "../shared-config.ts";

const ENDED_WITHIN_MS = 500;
const OPTIONS = {
  seconds: { type: "string" },
  clients: { type: "string" },
  "events-per-second": { type: "string" },
  scenario: { type: "string" },
  seed: { type: "string", default: "1" },
  engines: { type: "string" },
  json: { type: "boolean", default: false },
} as const;
const NOT_IN_A_SCENARIO = ["seconds", "events-per-second", "engines"] as const;

/** Ctrl-C ends it early: what was accepted is drained and balanced as ever, and the exit code is by that. */
export const demoCommand: Command = {
  usage:
    "dit demo [--seconds 20] [--clients 200] [--events-per-second 8000] [--seed 1] [--engines kafka,redis,postgres] [--json]\n       dit demo --scenario NAME [--clients 1200] [--seed 1] [--json]",
  summary:
    "from empty: run the pipeline for a while, drain it, and balance what was accepted with what is stored; Ctrl-C ends it early. With --engines as processes of their own on these servers and ClickHouse, fetched and started here. With --scenario, people report fields of which the truth is known, and what the re-identification monitor stopped is said beside what it must stop",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    refusePositionals(positionals);
    const common = { seed: positiveInteger("seed", values.seed), json: values.json };
    if (values.scenario !== undefined) {
      const population = scenarioPopulation(values.scenario, values);
      refuseProduction(io);
      return await demonstrateScenarios(io, { ...population, ...common });
    }
    const options = {
      seconds: positiveNumber("seconds", values.seconds ?? "20"),
      clients: positiveInteger("clients", values.clients ?? "200"),
      eventsPerSecond: positiveNumber("events-per-second", values["events-per-second"] ?? "8000"),
      ...common,
    };
    const engines = values.engines === undefined ? undefined : parseEngineChoice(values.engines);
    refuseProduction(io);
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

function scenarioPopulation(
  name: string,
  values: { readonly [Name in keyof typeof OPTIONS]?: string | boolean | undefined } & {
    readonly clients?: string | undefined;
  },
) {
  const scenarios = scenarioNames(name);
  const given = NOT_IN_A_SCENARIO.find((option) => values[option] !== undefined);
  if (given === undefined) return { scenarios, clients: scenarioClients(values.clients) };
  throw new UsageError(`--${given} says nothing in a scenario: everyone reports twice, in one box`);
}

function refuseProduction({ env }: CommandIo): void {
  if (!isProduction(env)) return;
  throw new CommandError("there is no simulated population in production mode, and so no demo");
}

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
