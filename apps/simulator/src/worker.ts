import { setTimeout as sleep } from "node:timers/promises";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { runPopulation } from "./run-population.ts";
import { runScenarios } from "./scenarios/run-scenarios.ts";
import type { ScenarioSetting } from "./scenarios/scenario-setting.ts";
import type { SimulationSetting } from "./setting.ts";
import { type Acknowledged, createStatsCollector, type SimulationStats } from "./stats.ts";

/** What the population's thread says; its last message has `done`. */
export interface PopulationMessage {
  readonly stats: SimulationStats;
  /** Since the last message. */
  readonly acknowledged: readonly Acknowledged[];
  readonly done: boolean;
}

/** What it is told, once. */
export interface StopMessage {
  readonly withinMs: number;
}

const REPORT_EVERY_MS = 250;

if (parentPort !== null) await work(parentPort, workerData as SimulationSetting | ScenarioSetting);

async function work(port: MessagePort, setting: SimulationSetting | ScenarioSetting): Promise<void> {
  const acknowledged: Acknowledged[] = [];
  const stats = createStatsCollector(setting.clients, (report) => acknowledged.push(report));
  const tell = (done: boolean) => {
    const message: PopulationMessage = { stats: stats.read(), acknowledged: acknowledged.splice(0), done };
    port.postMessage(message);
  };
  const poprf = await createLibsodiumPoprf();
  const population =
    "scenarios" in setting ? runScenarios(setting, poprf, stats) : runPopulation(setting, poprf, stats);
  const timer = setInterval(() => tell(false), REPORT_EVERY_MS);
  port.once("message", async ({ withinMs }: StopMessage) => {
    await Promise.race([population.stop(), sleep(withinMs)]);
    clearInterval(timer);
    tell(true);
  });
}
