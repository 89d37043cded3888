import { setTimeout as sleep } from "node:timers/promises";
import { ROUTES } from "@dit/protocol";
import { createLogger, createMetrics, loadConfig } from "@dit/service-kit";
import { type SimulationStats, simulatedUseCase, startSimulator } from "@dit/simulator";
import { adminClientOf, askAcs } from "../acs-clients.ts";
import { type Command, CommandError, type CommandIo } from "../command.ts";
import { parseOptions, positiveInteger, positiveNumber, refusePositionals } from "../parse-options.ts";
import {
  type DevelopmentIdentityProvider,
  startDevelopmentIdentityProvider,
} from "../pipeline/development-identity-provider.ts";
import { developmentUseCases } from "../pipeline/development-use-cases.ts";
import { identityProviderSchema } from "../pipeline/pipeline-config.ts";
import { simulationSetting } from "../pipeline/simulation-setting.ts";
import { isProduction, loadSharedConfig, PREFIXES } from "../shared-config.ts";
import { type Target, targetFrom } from "../target.ts";

const PROGRESS_EVERY_MS = 2_000;
/** Every instance of ACS follows a new use case within seconds. */
const KEYS_WITHIN_MS = 30_000;
const POLL_MS = 200;
const STOPS_WITHIN_MS = 5_000;

/** What `dit up --simulate` does within one process, towards services that run elsewhere. */
export const simulateCommand: Command = {
  usage: "dit simulate [--clients 60] [--events-per-second 200] [--data .dit]",
  summary:
    "send a simulated population to the pipeline that DIT_AT_* names, until told to stop; a development identity provider in this process vouches for its accounts, and ACS finds it at DIT_AT_IDENTITY_PROVIDER_URL. Not in production mode",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      clients: { type: "string", default: "60" },
      "events-per-second": { type: "string", default: "200" },
      data: { type: "string" },
    });
    refusePositionals(positionals);
    if (isProduction(io.env)) {
      throw new CommandError("there is no simulated population in production mode");
    }
    const population = {
      clients: positiveInteger("clients", values.clients),
      eventsPerSecond: positiveNumber("events-per-second", values["events-per-second"]),
    };
    const target = await targetFrom(io.env, values.data);
    const stopping = io.stopSignal();
    const identityProvider = await vouch(io);
    try {
      await applyUseCases(target);
      await simulate(target, population, stopping, io);
    } finally {
      await identityProvider.close();
    }
    return 0;
  },
};

async function vouch(io: CommandIo): Promise<DevelopmentIdentityProvider> {
  const { production, logLevel } = loadSharedConfig(io.env);
  const config = loadConfig(identityProviderSchema, io.env, PREFIXES.identityProvider);
  const service = "identity_provider";
  return await startDevelopmentIdentityProvider({
    logger: createLogger({ service, level: logLevel, write: io.err }),
    metrics: createMetrics(service),
    config: { ...config, production: production || config.production },
    isReachable: true,
  });
}

async function applyUseCases(target: Target): Promise<void> {
  const admin = await adminClientOf(target);
  const jwksUrl = `${target.addresses.identityProviderUrl}/.well-known/jwks.json`;
  for (const document of developmentUseCases(jwksUrl)) {
    await askAcs(target, document.useCase, () => admin.applyUseCase(document));
  }
  for (const acsUrl of target.instances.acsUrl) await untilKeysAreShown(acsUrl);
}

async function untilKeysAreShown(acsUrl: string): Promise<void> {
  const deadlineMs = performance.now() + KEYS_WITHIN_MS;
  while (!(await fetch(acsUrl + ROUTES.keys(simulatedUseCase.useCase))).ok) {
    if (performance.now() > deadlineMs) throw new CommandError(`${acsUrl} does not show the keys in time`);
    await sleep(POLL_MS);
  }
}

async function simulate(
  target: Target,
  population: { readonly clients: number; readonly eventsPerSecond: number },
  stopping: AbortSignal,
  io: CommandIo,
): Promise<void> {
  const simulator = startSimulator(await simulationSetting({ ...target, production: false }, population));
  while (!stopping.aborted) {
    await sleep(PROGRESS_EVERY_MS, undefined, { signal: stopping }).catch(() => {});
    io.progress(inWords(simulator.stats()));
  }
  io.out(inWords(await simulator.stop(STOPS_WITHIN_MS)));
}

function inWords(stats: SimulationStats): string {
  const { reportsAccepted, eventsAccepted, attacksRefused, surprises } = stats;
  const surprised = Object.keys(surprises);
  return [
    `${reportsAccepted} reports`,
    `${eventsAccepted} events accepted`,
    `${attacksRefused} attacks refused`,
    ...(surprised.length > 0 ? [`NOT answered as they must be: ${surprised.join(", ")}`] : []),
  ].join("  ");
}
