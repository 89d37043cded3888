import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Acknowledged, type SimulationStats, startSimulator } from "@dit/simulator";
import { type Deployment, startDeployment } from "../../src/distributed/deployment.ts";
import { simulationSetting } from "../../src/pipeline/simulation-setting.ts";
import { fateOf } from "../support/stored-reports.ts";
import { until } from "../support/until.ts";

/** Two instances of every service on real engines, under the load of a population, to be broken. */
export interface FaultyDeployment extends Deployment {
  /**
   * Runs the fault while a population sends, lets the population finish what it has, and waits until what was acknowledged is stored. Its
   * line of the table is printed.
   */
  suffer(fault: string, commit: (load: Load) => Promise<void>): Promise<Outcome>;
  remove(): Promise<void>;
}

export interface Load {
  stats(): SimulationStats;
  /** Resolves once a hundred more reports are acknowledged: it goes on. */
  acknowledgesMore(): Promise<void>;
}

export interface Outcome {
  readonly acknowledged: number;
  readonly lost: number;
  readonly incomplete: number;
  readonly storedTwice: number;
}

const COPIES = 2;
const PARTITIONS = 4;
const POPULATION = { clients: 60, eventsPerSecond: 600 };
const STORED_WITHIN_MS = 120_000;
const GOES_ON_REPORTS = 100;
const GOES_ON_WITHIN_MS = 90_000;

export async function startFaultyDeployment(): Promise<FaultyDeployment> {
  const directory = await mkdtemp(join(tmpdir(), "dit-faults-"));
  const deployment = await startDeployment({
    env: { DIT_LOG_LEVEL: "error" },
    directory,
    engines: { redis: true, postgres: true },
    copies: COPIES,
    partitions: PARTITIONS,
    say: () => {},
  });
  let seed = 0;
  return {
    ...deployment,
    async suffer(fault, commit) {
      const acknowledged: Acknowledged[] = [];
      const setting = await simulationSetting(deployment, { ...POPULATION, seed: ++seed });
      const simulator = startSimulator(setting, (report) => acknowledged.push(report));
      const acknowledgesMore = () => {
        const known = acknowledged.length;
        return until(
          () => acknowledged.length >= known + GOES_ON_REPORTS,
          GOES_ON_WITHIN_MS,
          "nothing more is acknowledged",
        );
      };
      await acknowledgesMore();
      await commit({ stats: () => simulator.stats(), acknowledgesMore });
      await acknowledgesMore();
      await simulator.stop();
      const [warehouseUrl = ""] = deployment.instances.warehouseUrl;
      const fate = await fateOf(warehouseUrl, acknowledged, STORED_WITHIN_MS);
      const outcome = {
        acknowledged: fate.acknowledged,
        lost: fate.lost.length,
        incomplete: fate.incomplete.length,
        storedTwice: fate.storedTwice.length,
      };
      process.stdout.write(`| ${[fault, ...Object.values(outcome)].join(" | ")} |\n`);
      return outcome;
    },
    async remove() {
      await deployment.stop().finally(() => rm(directory, { recursive: true, force: true }));
    },
  };
}
