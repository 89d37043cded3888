import { setTimeout as sleep } from "node:timers/promises";
import { startSimulator } from "@dit/simulator";
import { type Command, CommandError, type CommandIo } from "../command.ts";
import { parseOptions, positiveInteger, positiveNumber, refusePositionals } from "../parse-options.ts";
import { type Pipeline, startPipeline } from "../pipeline/pipeline.ts";
import { simulationSetting } from "../pipeline/simulation-setting.ts";
import { progressLine } from "../progress-line.ts";
import { dataDirectoryFrom, isProduction } from "../shared-config.ts";
import { writeTarget } from "../target.ts";

const PROGRESS_EVERY_MS = 2_000;
/** The operator waits; simulated clients may lose what they hold. */
const SIMULATION_STOPS_WITHIN_MS = 2_000;

/** Runs the whole pipeline until it is told to stop. */
export const upCommand: Command = {
  usage: "dit up [--simulate] [--clients 60] [--events-per-second 200] [--data .dit]",
  summary:
    "run every service in this process on embedded engines; with --simulate, a population that sends to them",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      simulate: { type: "boolean", default: false },
      clients: { type: "string", default: "60" },
      "events-per-second": { type: "string", default: "200" },
      data: { type: "string" },
    });
    refusePositionals(positionals);
    const population = {
      clients: positiveInteger("clients", values.clients),
      eventsPerSecond: positiveNumber("events-per-second", values["events-per-second"]),
    };
    if (values.simulate && isProduction(io.env)) {
      throw new CommandError(
        "there is no simulated population in production mode: run `dit up` (`start` is `dit up --simulate`)",
      );
    }
    const dataDirectory = dataDirectoryFrom(io.env, values.data);
    const stopping = io.stopSignal();
    const pipeline = await startPipeline({ env: io.env, dataDirectory, freePorts: false, writeLog: io.err });
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

async function simulate(
  pipeline: Pipeline,
  population: { readonly clients: number; readonly eventsPerSecond: number },
  stopping: AbortSignal,
  io: CommandIo,
): Promise<void> {
  const before = await pipeline.account.stored();
  const simulator = startSimulator(await simulationSetting(pipeline, population));
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
