import { setTimeout as sleep } from "node:timers/promises";
import type { Poprf } from "@dit/crypto-core";
import type { SimulatedClient } from "../simulated-client.ts";
import type { StatsCollector } from "../stats.ts";
import { plantedEvents } from "./scenario-documents.ts";
import { createScenarioPeople, type ScenarioPerson } from "./scenario-people.ts";
import type { ScenarioSetting } from "./scenario-setting.ts";
import { sendReport } from "./send-report.ts";

/** Apps that are open at the same time. */
const OPEN_AT_ONCE = 24;

/** Lets the people of scenarios report, round after round; `stop` lets those who have begun be done. */
export function runScenarios(setting: ScenarioSetting, poprf: Poprf, stats: StatsCollector): SimulatedClient {
  const stopping = new AbortController();
  const people = createScenarioPeople(setting);
  const done = runRounds();
  // It is told where it is awaited.
  done.catch(() => {});

  async function runRounds(): Promise<void> {
    for (let round = setting.firstRound; !stopping.signal.aborted; round++) {
      const nextAtMs = performance.now() + (setting.roundEveryMs ?? 0);
      await runRound(round);
      if (setting.roundEveryMs === undefined) return;
      const restMs = Math.max(0, nextAtMs - performance.now());
      await sleep(restMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function runRound(round: number): Promise<void> {
    const waiting = people[Symbol.iterator]();
    const lane = async () => {
      for (const person of waiting) {
        if (stopping.signal.aborted) return;
        await reportOnce(person, round);
      }
    };
    await Promise.all(Array.from({ length: OPEN_AT_ONCE }, lane));
  }

  async function reportOnce({ account, fieldsIn }: ScenarioPerson, round: number): Promise<void> {
    for (const useCase of setting.useCases) {
      const planted = Object.entries(plantedEvents(useCase.document.useCase, setting.scenarios));
      const events = Object.fromEntries(planted.map(([name, each]) => [name, fieldsIn(each, round)]));
      await sendReport({ setting, useCase, account, events, poprf, stats, signal: stopping.signal });
    }
  }

  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
