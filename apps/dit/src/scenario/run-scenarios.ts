import { setTimeout as sleep } from "node:timers/promises";
import { OTHER_APP, type ScenarioSetting, scenarioDocuments, startSimulator } from "@dit/simulator";
import { CommandError } from "../command.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { type Findings, readFindings } from "./findings.ts";
import type { LeapingClock } from "./leaping-clock.ts";
import { scenarioSetting } from "./scenario-setting.ts";

const DAY_MS = 86_400_000;
export const WINDOW_SECONDS = DAY_MS / 1_000;
const POLL_MS = 100;
/** A population of which nothing is heard for so long is not heard of any more. */
const SILENT_FOR_MS = 60_000;

export interface ScenarioRun {
  readonly scenarios: readonly string[];
  readonly clients: number;
  readonly seed: number;
  /** In which everyone reports; what comes back after rotation shows from the second on. */
  readonly windows: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Where a pipeline's clock stands before the first window: far from midnight, and so that the last leap ends today. */
export function firstNoonMs(nowMs: number, windows: number): number {
  return (Math.floor(nowMs / DAY_MS) - windows) * DAY_MS + DAY_MS / 2;
}

/**
 * Has everyone report once in each window, which leaps of the pipeline's clock part, lets all be over, and the monitor measure. The other
 * app is new in the last. The monitor's runs by itself must come later: what it stops after one window is not in the next.
 */
export async function runScenarios(
  pipeline: Pipeline,
  clock: LeapingClock,
  run: ScenarioRun,
): Promise<Findings> {
  const { scenarios, clients, seed, windows, say, signal } = run;
  const startMs = clock.nowMs();
  const documents = scenarioDocuments(scenarios, WINDOW_SECONDS);
  for (let window = 0; window < windows; window++) {
    clock.leapTo(startMs + window * DAY_MS);
    const isLast = window === windows - 1;
    const setting = await scenarioSetting(
      pipeline,
      documents.filter(({ useCase }) => isLast || useCase !== OTHER_APP),
      {
        ...{ scenarios, clients, seed, firstRound: window },
        ...{ clockOffsetMs: clock.offsetMs(), roundEveryMs: undefined },
      },
    );
    const onProgress = (reports: string) => say(`day ${window + 1} of ${windows}  ${reports}`);
    await untilAllReported(setting, onProgress, signal);
    await untilStored(pipeline, signal);
  }
  clock.leapTo(startMs + windows * DAY_MS);
  return await readFindings(pipeline.addresses.warehouseUrl, await pipeline.measureNow());
}

async function untilAllReported(
  setting: ScenarioSetting,
  onProgress: (reports: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const expected = setting.clients * setting.useCases.length;
  const simulator = startSimulator(setting);
  try {
    let accepted = 0;
    for (let heardAtMs = performance.now(); accepted < expected; ) {
      await sleep(POLL_MS, undefined, { signal });
      const { reportsAccepted } = simulator.stats();
      if (reportsAccepted > accepted) heardAtMs = performance.now();
      accepted = reportsAccepted;
      onProgress(`${accepted} of ${expected} reports accepted`);
      if (performance.now() - heardAtMs > SILENT_FOR_MS) {
        throw new CommandError(`${accepted} of ${expected} reports were accepted, and no more come`);
      }
    }
  } finally {
    await simulator.stop();
  }
}

async function untilStored({ account }: Pipeline, signal: AbortSignal): Promise<void> {
  while ((await account.pending()) > 0) await sleep(POLL_MS, undefined, { signal });
}
