import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { runPopulation } from "./run-population.ts";
import type { SimulationSetting } from "./setting.ts";
import { type Acknowledged, createStatsCollector, type SimulationStats } from "./stats.ts";

/** What the population's thread says; its last message has `done`. */
export interface PopulationMessage {
  readonly stats: SimulationStats;
  /** Since the last message. */
  readonly acknowledged: readonly Acknowledged[];
  readonly done: boolean;
}

const REPORT_EVERY_MS = 250;
/** What clients still hold after this is lost: a service that does not answer must not keep a simulation from ending. */
const STOP_WITHIN_MS = 15_000;

const setting = workerData as SimulationSetting;
let acknowledged: Acknowledged[] = [];
const stats = createStatsCollector(setting.clients, (report) => acknowledged.push(report));
const population = runPopulation({ ...setting, poprf: await createLibsodiumPoprf() }, stats);
const timer = setInterval(() => tell(false), REPORT_EVERY_MS);

parentPort?.once("message", async () => {
  await Promise.race([population.stop(), sleep(STOP_WITHIN_MS)]);
  clearInterval(timer);
  tell(true);
});

function tell(done: boolean): void {
  const message: PopulationMessage = { stats: stats.read(), acknowledged, done };
  parentPort?.postMessage(message);
  acknowledged = [];
}
