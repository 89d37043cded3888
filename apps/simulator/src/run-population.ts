import type { Poprf } from "@dit/crypto-core";
import { startHostileClient } from "./hostile-client.ts";
import { createPopulation } from "./population.ts";
import { createSeededRandom } from "./seeded-random.ts";
import type { SimulationSetting, SimulationWorld } from "./setting.ts";
import { type SimulatedClient, startSimulatedClient } from "./simulated-client.ts";
import type { StatsCollector } from "./stats.ts";

/** Starts everyone in the setting's population; `stop` lets them send what they still hold. */
export function runPopulation(
  setting: SimulationSetting,
  poprf: Poprf,
  stats: StatsCollector,
): SimulatedClient {
  const clients = createPopulation(setting).map((person, index) => {
    const world = { ...setting, ...placeOf(setting, index), poprf };
    return person.behaviour === "hostile"
      ? startHostileClient(person, world, stats)
      : startSimulatedClient(person, world, createSeededRandom(setting.seed + index), stats);
  });
  return {
    async stop() {
      await Promise.all(clients.map((client) => client.stop()));
    },
  };
}

/** In turn through every pair of an ACS and an edge. */
function placeOf(
  { acsUrls, edgeUrls }: SimulationSetting,
  index: number,
): Pick<SimulationWorld, "acsUrl" | "edgeUrl"> {
  const acsUrl = acsUrls[index % acsUrls.length];
  const edgeUrl = edgeUrls[Math.floor(index / acsUrls.length) % edgeUrls.length];
  if (acsUrl === undefined || edgeUrl === undefined) throw new RangeError("there is no ACS or no edge");
  return { acsUrl, edgeUrl };
}
