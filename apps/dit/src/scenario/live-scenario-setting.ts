import { type ScenarioSetting, scenarioDocuments } from "@dit/simulator";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { scenarioSetting } from "./scenario-setting.ts";

/**
 * On the machine's clock the monitor judges an open window when half as many people have come as in the one before, and a window must not
 * be long for somebody who waits; everyone reports twice in one.
 */
export const LIVE_WINDOW_SECONDS = 180;
const ROUND_EVERY_MS = (LIVE_WINDOW_SECONDS * 1_000) / 2;

/** Everyone of these scenarios, reporting again and again. */
export function liveScenarioSetting(
  pipeline: Pipeline,
  scenarios: readonly string[],
  clients: number,
): Promise<ScenarioSetting> {
  const documents = scenarioDocuments(scenarios, LIVE_WINDOW_SECONDS);
  return scenarioSetting(pipeline, documents, {
    ...{ scenarios, clients, seed: 1, clockOffsetMs: 0, firstRound: 0, roundEveryMs: ROUND_EVERY_MS },
  });
}
