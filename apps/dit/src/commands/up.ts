import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startSimulator } from "@dit/simulator";
import { dataDirectoryFrom } from "../addresses.ts";
import { type Command, type CommandIo, UsageError } from "../command.ts";
import { type Pipeline, startPipeline } from "../pipeline/pipeline.ts";
import { simulationSetting } from "../pipeline/simulation-setting.ts";
import { progressLine } from "../progress-line.ts";

const PROGRESS_EVERY_MS = 2_000;

/** Runs the whole pipeline until it is told to stop. */
export const upCommand: Command = {
  usage: "dit up [--simulate] [--clients 60] [--events-per-second 200] [--data .dit]",
  summary:
    "run every service in this process on embedded engines; with --simulate, a population that sends to them",
  async run(args, io) {
    const { values } = parseArgs({
      args,
      options: {
        simulate: { type: "boolean", default: false },
        clients: { type: "string", default: "60" },
        "events-per-second": { type: "string", default: "200" },
        data: { type: "string" },
      },
    });
    const dataDirectory = dataDirectoryFrom(io.env, values.data);
    const stopping = stopSignal(io);
    const pipeline = await startPipeline({ env: io.env, dataDirectory, freePorts: false, writeLog: io.err });
    sayWhere(pipeline, dataDirectory, io);
    const simulator = values.simulate
      ? startSimulator(
          await simulationSetting(pipeline, {
            clients: positive("clients", values.clients),
            eventsPerSecond: positive("events-per-second", values["events-per-second"]),
          }),
        )
      : undefined;
    while (!stopping.aborted) {
      await sleep(PROGRESS_EVERY_MS, undefined, { signal: stopping }).catch(() => {});
      if (simulator !== undefined && !stopping.aborted)
        io.out(await progressLine(pipeline, simulator.stats()));
    }
    await simulator?.stop();
    await pipeline.stop();
    io.out("stopped; everything that was accepted is stored");
    return 0;
  },
};

export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--${name} must be a positive number`);
  return value;
}

/** The first Ctrl-C drains; the second one ends at once, which loses nothing that was acknowledged either. */
function stopSignal(io: CommandIo): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(1);
    io.out("stopping: draining what was accepted (again to end at once)");
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}

function sayWhere(pipeline: Pipeline, dataDirectory: string, io: CommandIo): void {
  const { edgeUrl, acsUrl, warehouseUrl, identityProviderUrl } = pipeline.addresses;
  io.out(`DIT is running (environment ${pipeline.environment}, data in ${dataDirectory})\n`);
  io.out(`  edge       ${edgeUrl}   clients send reports here`);
  io.out(`  acs        ${acsUrl}   clients fetch tokens here`);
  io.out(`  warehouse  ${warehouseUrl}   ClickHouse over HTTP, read-only`);
  if (!pipeline.production) io.out(`  identity   ${identityProviderUrl}   development accounts`);
  io.out(`\n  try  curl '${warehouseUrl}/?query=SHOW+TABLES+FROM+dit'`);
  io.out("  or   npx -y pnpm@10.34.8 dit doctor\n");
}
