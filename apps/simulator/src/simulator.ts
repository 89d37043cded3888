import { Worker } from "node:worker_threads";
import type { ScenarioSetting } from "./scenarios/scenario-setting.ts";
import type { SimulationSetting } from "./setting.ts";
import { type Acknowledged, createStatsCollector, type SimulationStats } from "./stats.ts";
import type { PopulationMessage, StopMessage } from "./worker.ts";

/** A population in a thread of its own, so that its cryptography does not slow down the services it is sent to. */
export interface Simulator {
  stats(): SimulationStats;
  /**
   * Clients log nothing new and send what they hold; resolves with the last stats. What they still hold after `withinMs` is lost: a
   * service that does not answer must not keep a simulation from ending.
   */
  stop(withinMs?: number): Promise<SimulationStats>;
}

const STOP_WITHIN_MS = 15_000;

export function startSimulator(
  setting: SimulationSetting | ScenarioSetting,
  onAcknowledged: (report: Acknowledged) => void = () => {},
): Simulator {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: setting });
  let latest = createStatsCollector(setting.clients, () => {}).read();
  const done = new Promise<void>((resolve, reject) => {
    worker.on("message", (message: PopulationMessage) => {
      latest = message.stats;
      message.acknowledged.forEach(onAcknowledged);
      if (message.done) resolve();
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the simulated population ended by itself")));
  });
  done.catch(() => {});
  return {
    stats: () => latest,
    async stop(withinMs = STOP_WITHIN_MS) {
      const stop: StopMessage = { withinMs };
      worker.postMessage(stop);
      await done;
      await worker.terminate();
      return latest;
    },
  };
}
