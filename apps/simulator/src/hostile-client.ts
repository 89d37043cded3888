import { type Answer, ATTACKS, createAttackTools } from "./attacks.ts";
import { fetchOwnCredential } from "./own-credential.ts";
import type { SimulatedPerson } from "./population.ts";
import type { SimulationWorld } from "./setting.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import type { StatsCollector } from "./stats.ts";

/** Busy or unreachable services are no verdict on an attack. */
const NO_VERDICT: ReadonlySet<Answer> = new Set([
  "unreachable",
  "overloaded",
  "dependency_unavailable",
  "upstream_unavailable",
  "upstream_timeout",
  "rate_limited",
]);

/** Goes through all attacks with one credential, rests, and begins again with another. */
export function startHostileClient(
  person: SimulatedPerson,
  world: SimulationWorld,
  stats: StatsCollector,
): SimulatedClient {
  const stopping = new AbortController();
  const running = attackInRounds(person, world, stats, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function attackInRounds(
  person: SimulatedPerson,
  world: SimulationWorld,
  stats: StatsCollector,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await attackOnce(person, world, stats, signal);
    } catch {
      stats.lost("hostile_round_abandoned", 1);
    }
    await rest(world.attackIntervalMs, signal);
  }
}

async function attackOnce(
  person: SimulatedPerson,
  world: SimulationWorld,
  stats: StatsCollector,
  signal: AbortSignal,
): Promise<void> {
  const credential = await fetchOwnCredential(world, person.account);
  stats.tokensFetched(1);
  const tools = createAttackTools({
    world,
    credential,
    onSent: stats.sent,
    onAccepted: (reportId, latencyMs) => stats.accepted({ reportId, events: 1, latencyMs }),
    onRefused: (answer) => {
      stats.rejected(answer);
      stats.attackRefused();
    },
  });
  for (const [name, { expected, run }] of Object.entries(ATTACKS)) {
    if (signal.aborted) return;
    if (!isAnsweredAsItMust(expected, await run(tools))) stats.surprised(name);
  }
}

export function isAnsweredAsItMust(expected: Answer, answers: readonly Answer[]): boolean {
  return answers.every((answer) => answer === expected || NO_VERDICT.has(answer));
}

function rest(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
