import { type Client, createClient, type Diagnostic } from "@dit/client";
import { fetchAccessToken } from "./access-token.ts";
import { countDiagnostic } from "./count-diagnostic.ts";
import { createNetwork } from "./network.ts";
import type { SimulatedPerson } from "./population.ts";
import type { Random } from "./seeded-random.ts";
import type { SimulationWorld } from "./setting.ts";
import type { StatsCollector } from "./stats.ts";
import { type SimulatedUseCase, simulatedUseCase } from "./use-case.ts";

/** One person's app: the SDK as any app uses it, on a compressed clock, reporting what it measures of itself. */
export interface SimulatedClient {
  stop(): Promise<void>;
}

/** Minutes become seconds, so that a population shows in seconds what a real one shows in hours. */
const TIMING = {
  flushIntervalMs: 2_000,
  ditherMs: 1_000,
  minTokenAgeMs: 300,
  tokenFetchDitherMs: 200,
  backoffBaseMs: 300,
  backoffCapMs: 3_000,
  saveDelayMs: 500,
};
const LIMITS = { walletTargetTokens: 2, walletLowWaterTokens: 1, maxQueuedEvents: 5_000 };
/** A tick logs how late its timer was, and how long that call took. */
const EVENTS_PER_TICK = 2;
const SPREAD = 0.5;

export function startSimulatedClient(
  person: SimulatedPerson,
  world: SimulationWorld,
  random: Random,
  stats: StatsCollector,
): SimulatedClient {
  const client: Client<SimulatedUseCase> = createClient({
    useCase: simulatedUseCase,
    environment: world.environment,
    acsUrl: world.acsUrl,
    edgeUrl: world.edgeUrl,
    pinnedKeys: world.pinnedKeys,
    account: () => fetchAccessToken(world.identityProviderUrl, person.account),
    consent: true,
    platform: { fetch: createNetwork(person.behaviour, random, stats.sent) },
    poprf: world.poprf,
    timing: TIMING,
    limits: LIMITS,
    onDiagnostic: (diagnostic) => {
      countDiagnostic(diagnostic, stats);
      // A last upload that reported itself would need another one.
      if (!stopping) report(client, person, diagnostic);
    },
  });
  let stopping = false;
  client.log("session_started", person.device);
  const ticker = startTicker(
    (EVENTS_PER_TICK * 1000 * world.clients) / world.eventsPerSecond,
    random,
    client,
  );
  return {
    async stop() {
      stopping = true;
      ticker.stop();
      await client.flush();
      await client.close();
    },
  };
}

function startTicker(meanMs: number, random: Random, client: Client<SimulatedUseCase>): { stop(): void } {
  let timer: NodeJS.Timeout;
  const schedule = () => {
    const planned = Math.max(1, Math.round(meanMs * (1 - SPREAD + 2 * SPREAD * random())));
    const due = performance.now() + planned;
    timer = setTimeout(() => {
      const start = performance.now();
      client.log("timer_fired", { planned_ms: planned, late_ms: start - due });
      client.log("log_called", { duration_us: (performance.now() - start) * 1000 });
      schedule();
    }, planned);
  };
  schedule();
  return { stop: () => clearTimeout(timer) };
}

/** The client's own work is what it reports. */
function report(
  client: Client<SimulatedUseCase>,
  { device: { platform, connection_type } }: SimulatedPerson,
  diagnostic: Diagnostic,
): void {
  const where = { platform, ...(connection_type && { connection_type }) };
  if (diagnostic.name === "tokens_fetched") {
    const { outcome, tokens, latencyMs } = diagnostic;
    client.log("tokens_fetched", { outcome, tokens, duration_ms: latencyMs });
  } else if (diagnostic.name === "report_accepted") {
    client.log("report_uploaded", {
      outcome: "ok",
      events: diagnostic.events,
      duration_ms: diagnostic.latencyMs,
      ...where,
    });
  } else if (diagnostic.name === "report_retried" || diagnostic.name === "report_resigned") {
    client.log("report_uploaded", {
      outcome: diagnostic.outcome,
      duration_ms: diagnostic.latencyMs,
      ...where,
    });
  }
}
