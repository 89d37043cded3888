import { SCENARIOS } from "@dit/simulator";
import { describe, expect, it } from "vitest";
import type { Findings, FoundAlert } from "./findings.ts";
import { verdictOf } from "./verdict.ts";

const FIELD = "scenario_app.slider.volume";
const CLEAN = "scenario_app.slider.os_family";
const slider = SCENARIOS.slider ?? expect.fail("there is no such scenario");

const block = (score: string, ...fields: string[]): FoundAlert => ({ level: "block", score, fields });
const RIGHT: Findings = {
  stopped: [FIELD],
  alerts: [block("exposed_pids", FIELD), block("potential", FIELD)],
};
const and = (...alerts: FoundAlert[]): Findings => ({ ...RIGHT, alerts: [...RIGHT.alerts, ...alerts] });

describe("verdictOf", () => {
  it.each<[string, Findings, { missed?: string[]; wrong?: string[] }]>([
    ["what is planted and no more", RIGHT, {}],
    ["a planted field beside a clean one", and(block("exposed_pids", CLEAN, FIELD)), {}],
    [
      "nothing",
      { stopped: [], alerts: [] },
      { missed: [`${FIELD} is not stopped`, `exposed_pids of ${FIELD}`, `potential of ${FIELD}`] },
    ],
    [
      "what is planted, and only warns",
      { ...RIGHT, alerts: RIGHT.alerts.map((alert) => ({ ...alert, level: "warn" })) },
      { missed: [`exposed_pids of ${FIELD}`, `potential of ${FIELD}`] },
    ],
    [
      "a clean field that is stopped too",
      { ...RIGHT, stopped: [FIELD, CLEAN] },
      { wrong: [`${CLEAN} is stopped`] },
    ],
    [
      "a warning about a clean field",
      and({ level: "warn", score: "exposed_pids", fields: [CLEAN] }),
      { wrong: [`exposed_pids of ${CLEAN}`] },
    ],
    ["noise that comes back", and(block("linkability", FIELD)), { wrong: [`linkability of ${FIELD}`] }],
  ])("judges %s", (_, found, { missed = [], wrong = [] }) => {
    expect(verdictOf(slider, found)).toEqual({ missed, wrong });
  });
});
