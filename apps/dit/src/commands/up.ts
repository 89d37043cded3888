import { setTimeout as sleep } from "node:timers/promises";
import { scenarioDocuments, startSimulator } from "@dit/simulator";
import { type Command, CommandError, type CommandIo, UsageError } from "../command.ts";
import { parseOptions, positiveInteger, positiveNumber, refusePositionals } from "../parse-options.ts";
import { type Pipeline, startPipeline } from "../pipeline/pipeline.ts";
import { simulationSetting } from "../pipeline/simulation-setting.ts";
import { progressLine } from "../progress-line.ts";
import { LIVE_WINDOW_SECONDS, liveScenarioSetting } from "../scenario/live-scenario-setting.ts";
import { scenarioClients, scenarioNames } from "../scenario/scenario-names.ts";
import { dataDirectoryFrom, isProduction } from "../shared-config.ts";
import { writeTarget } from "../target.ts";

const PROGRESS_EVERY_MS = 2_000;
/** The operator waits; simulated clients may lose what they hold. */
const SIMULATION_STOPS_WITHIN_MS = 2_000;

/** Runs the whole pipeline until it is told to stop. */
export const upCommand: Command = {
  usage: "dit up [--simulate [--scenario NAME]] [--clients 60] [--events-per-second 200] [--data .dit]",
  summary:
    "run every service in this process on embedded engines; with --simulate, a population that sends to them; with --scenario, 1200 people instead who report fields that the re-identification monitor has to stop within minutes",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      simulate: { type: "boolean", default: false },
      scenario: { type: "string" },
      clients: { type: "string" },
      "events-per-second": { type: "string" },
      data: { type: "string" },
    });
    refusePositionals(positionals);
    const population = populationOf(values);
    if (values.simulate && isProduction(io.env)) {
      throw new CommandError(
        "there is no simulated population in production mode: run `dit up` (`start` is `dit up --simulate`)",
      );
    }
    const dataDirectory = dataDirectoryFrom(io.env, values.data);
    const stopping = io.stopSignal();
    const pipeline = await startPipeline({
      ...{ env: io.env, dataDirectory, freePorts: false, writeLog: io.err },
      useCases: "scenarios" in population ? scenarioDocuments(population.scenarios, LIVE_WINDOW_SECONDS) : [],
    });
    let stopped: Awaited<ReturnType<Pipeline["stop"]>>;
    try {
      await writeTarget(dataDirectory, pipeline);
      sayWhere(pipeline, dataDirectory, io);
      if (values.simulate) await simulate(pipeline, population, stopping, io);
      else await untilAborted(stopping);
      io.err("stopping: what was accepted is stored first (again to end at once; nothing is lost)");
    } finally {
      stopped = await pipeline.stop();
    }
    const { pendingReports: pending } = stopped;
    io.out(
      pending === 0
        ? "stopped; 0 reports pending"
        : `stopped; ${pending} reports are in the log and will be stored at the next start`,
    );
    return 0;
  },
};

type Population =
  | { readonly clients: number; readonly eventsPerSecond: number }
  | { readonly clients: number; readonly scenarios: readonly string[] };

function populationOf(values: {
  readonly simulate: boolean;
  readonly scenario?: string | undefined;
  readonly clients?: string | undefined;
  readonly "events-per-second"?: string | undefined;
}): Population {
  const eventsPerSecond = values["events-per-second"];
  if (values.scenario === undefined) {
    return {
      clients: positiveInteger("clients", values.clients ?? "60"),
      eventsPerSecond: positiveNumber("events-per-second", eventsPerSecond ?? "200"),
    };
  }
  if (!values.simulate) throw new UsageError("--scenario is for --simulate");
  if (eventsPerSecond !== undefined) {
    throw new UsageError(
      "--events-per-second says nothing in a scenario: everyone reports twice in a window",
    );
  }
  return { clients: scenarioClients(values.clients), scenarios: scenarioNames(values.scenario) };
}

async function simulate(
  pipeline: Pipeline,
  population: Population,
  stopping: AbortSignal,
  io: CommandIo,
): Promise<void> {
  const before = await pipeline.account.stored();
  const setting =
    "scenarios" in population
      ? await liveScenarioSetting(pipeline, population.scenarios, population.clients)
      : await simulationSetting(pipeline, population);
  const simulator = startSimulator(setting);
  try {
    while (!stopping.aborted) {
      await sleep(PROGRESS_EVERY_MS, undefined, { signal: stopping }).catch(() => {});
      const line = stopping.aborted ? undefined : await progressLine(pipeline, simulator.stats(), before);
      if (line !== undefined) io.progress(line);
    }
  } finally {
    io.err(`stopping: ${population.clients} simulated clients send what they hold`);
    await simulator.stop(SIMULATION_STOPS_WITHIN_MS);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function sayWhere(pipeline: Pipeline, dataDirectory: string, io: CommandIo): void {
  const { addresses, environment, production, warnings } = pipeline;
  const { edgeUrl, acsUrl, warehouseUrl, identityProviderUrl } = addresses;
  const mode = production ? "in production mode, " : "";
  io.out(`DIT is running (${mode}environment ${environment}, data in ${dataDirectory})\n`);
  io.out(`  edge       ${edgeUrl}   clients send reports here`);
  io.out(`  acs        ${acsUrl}   clients fetch tokens here`);
  io.out(`  warehouse  ${warehouseUrl}   ClickHouse over HTTP, read-only`);
  if (!production) io.out(`  identity   ${identityProviderUrl}   development accounts`);
  for (const warning of warnings) io.out(`\n  WARNING  ${warning}`);
  io.out(`\n  try  curl '${warehouseUrl}/?query=SHOW+TABLES+FROM+dit'`);
  const data = dataDirectory === ".dit" ? "" : ` --data ${dataDirectory}`;
  io.out(`  or   npx -y pnpm@10.34.8 dit doctor${data}`);
  if (production) {
    io.out("       which needs the use case of docs/examples/doctor.yaml, and DIT_AT_ACCESS_TOKEN");
  }
  io.out("");
}
