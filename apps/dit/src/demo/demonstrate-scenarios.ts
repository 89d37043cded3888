import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@dit/service-kit";
import { SCENARIOS, scenarioDocuments } from "@dit/simulator";
import { CommandError, type CommandIo } from "../command.ts";
import { type Pipeline, startPipeline } from "../pipeline/pipeline.ts";
import { type Findings, findingsOf } from "../scenario/findings.ts";
import { createLeapingClock } from "../scenario/leaping-clock.ts";
import { firstNoonMs, runScenarios, WINDOW_SECONDS } from "../scenario/run-scenarios.ts";
import { describeFinding, verdictOf } from "../scenario/verdict.ts";
import { settle } from "./settle.ts";

export interface ScenarioDemoOptions {
  readonly scenarios: readonly string[];
  readonly clients: number;
  readonly seed: number;
  readonly json: boolean;
}

/** What comes back after rotation shows in the second. */
const WINDOWS = 2;
/** The monitor measures when it is asked, unless its operator wants otherwise. */
const SELDOM = { DIT_REID_INTERVAL_MS: "86400000" };

/** In a box of its own, from empty: says what the monitor made of it, and answers with the exit code: 0 if that is what is planted, and all balances. */
export async function demonstrateScenarios(io: CommandIo, options: ScenarioDemoOptions): Promise<number> {
  const signal = io.stopSignal();
  const directory = await mkdtemp(join(tmpdir(), "dit-demo-"));
  const clock = createLeapingClock(systemClock, firstNoonMs(systemClock.nowMs(), WINDOWS));
  const useCases = scenarioDocuments(options.scenarios, WINDOW_SECONDS);
  try {
    const pipeline = await startPipeline({
      ...{ env: { ...SELDOM, ...io.env }, dataDirectory: directory, freePorts: true, writeLog: io.err },
      ...{ clock, useCases },
    });
    try {
      const run = { ...options, windows: WINDOWS, say: io.progress, signal };
      const found = await runScenarios(pipeline, clock, run);
      return await sayFindings(pipeline, io, options, found);
    } finally {
      await pipeline.stop();
    }
  } catch (error) {
    if (signal.aborted) throw new CommandError("interrupted before the monitor could measure");
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function sayFindings(
  pipeline: Pipeline,
  io: CommandIo,
  { scenarios, clients, json }: ScenarioDemoOptions,
  found: Findings,
): Promise<number> {
  const { counts, stored, balance } = await settle(pipeline, NOTHING_STORED);
  const verdicts = scenarios.map((name) => resultOf(name, found));
  const isAsPlanted = verdicts.every(({ asPlanted }) => asPlanted);
  const { reportsAccepted, eventsAccepted } = counts;
  const { rowsInserted, pending } = stored;
  const { balanced, reasons } = balance;
  const figures = { clients, windows: WINDOWS, reportsAccepted, eventsAccepted, rowsInserted, pending };
  const result = { ...figures, balanced, asPlanted: isAsPlanted, scenarios: verdicts };
  for (const reason of reasons) io.err(`not balanced: ${reason}`);
  io.out(json ? JSON.stringify(result) : verdicts.map(describeResult).join("\n\n"));
  return balanced && isAsPlanted ? 0 : 1;
}

const NOTHING_STORED = { rowsInserted: 0, deadLettered: 0, deduplicated: 0, reportsDealtWith: 0, pending: 0 };

function resultOf(scenario: string, found: Findings) {
  const known = SCENARIOS[scenario];
  if (known === undefined) throw new RangeError("there is no such scenario");
  const { stopped, alerts } = findingsOf(scenario, found);
  const verdict = verdictOf(known, { stopped, alerts });
  const asPlanted = verdict.missed.length + verdict.wrong.length === 0;
  return { scenario, asPlanted, planted: known.truth, stopped, alerts, ...verdict };
}

function describeResult(result: ReturnType<typeof resultOf>): string {
  const { scenario, asPlanted, planted, stopped, alerts, missed, wrong } = result;
  const beside = (names: readonly string[]) => (names.length === 0 ? "nothing" : names.toSorted().join(", "));
  return [
    `${scenario}: ${asPlanted ? "as planted" : "NOT as planted"}`,
    `  must be stopped  ${beside(planted.stopped)}`,
    `  is stopped       ${beside(stopped)}`,
    ...alerts.map((each) => `  ${each.level.padEnd(15)}  ${describeFinding(each)}`),
    ...missed.map((each) => `  missed           ${each}`),
    ...wrong.map((each) => `  wrong            ${each}`),
  ].join("\n");
}
