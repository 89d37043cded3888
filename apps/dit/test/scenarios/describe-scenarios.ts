import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@dit/service-kit";
import { SCENARIOS, scenarioDocuments } from "@dit/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Pipeline, startPipeline } from "../../src/pipeline/pipeline.ts";
import { type Findings, findingsOf } from "../../src/scenario/findings.ts";
import { createLeapingClock } from "../../src/scenario/leaping-clock.ts";
import { firstNoonMs, runScenarios, WINDOW_SECONDS } from "../../src/scenario/run-scenarios.ts";
import { verdictOf } from "../../src/scenario/verdict.ts";

const WITHIN_MS = 600_000;
const STOPS_WITHIN_MS = 90_000;
/** Some more than the monitor's least. */
const CLIENTS = 1_020;

/** Sends what these scenarios have people send through one real box, and looks at what the real monitor makes of it. */
export function describeScenarios(scenarios: readonly string[], windows: number): void {
  let directory: string;
  let pipeline: Pipeline;
  let found: Findings;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dit-scenarios-"));
    const clock = createLeapingClock(systemClock, firstNoonMs(systemClock.nowMs(), windows));
    pipeline = await startPipeline({
      // The monitor's own runs would come after this test; the sink's batches are few.
      env: { DIT_REID_INTERVAL_MS: "86400000", DIT_SINK_BATCH_MAX_WAIT_MS: "2000" },
      useCases: scenarioDocuments(scenarios, WINDOW_SECONDS),
      ...{ dataDirectory: directory, freePorts: true, writeLog: () => undefined, clock },
    });
    const { signal } = new AbortController();
    const run = { scenarios, clients: CLIENTS, seed: 1, windows, say: () => undefined, signal };
    found = await runScenarios(pipeline, clock, run);
  }, WITHIN_MS);
  afterAll(async () => {
    await pipeline.stop();
    await rm(directory, { recursive: true, force: true });
  }, STOPS_WITHIN_MS);

  describe("the monitor, of reports that took the whole way", () => {
    it.each(scenarios)("finds in %s what is planted, and nothing else", (name) => {
      const scenario = SCENARIOS[name] ?? expect.fail("there is no such scenario");
      expect(verdictOf(scenario, findingsOf(name, found))).toEqual({ missed: [], wrong: [] });
    });
  });
}
