import { startHostileClient } from "./hostile-client.ts";
import { createPopulation } from "./population.ts";
import { createSeededRandom } from "./seeded-random.ts";
import type { SimulationWorld } from "./setting.ts";
import { type SimulatedClient, startSimulatedClient } from "./simulated-client.ts";
import type { StatsCollector } from "./stats.ts";

/** Starts everyone in the setting's population; `stop` lets them send what they still hold. */
export function runPopulation(world: SimulationWorld, stats: StatsCollector): SimulatedClient {
  const clients = createPopulation(world).map((person, index) =>
    person.behaviour === "hostile"
      ? startHostileClient(person, world, stats)
      : startSimulatedClient(person, world, createSeededRandom(world.seed + index), stats),
  );
  return {
    async stop() {
      await Promise.all(clients.map((client) => client.stop()));
    },
  };
}
