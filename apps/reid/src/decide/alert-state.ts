import { type Finding, isAtLeast, type Level } from "./finding.ts";

/** What is remembered of one subject's score between runs; absent: nothing is wrong. */
export interface AlertState {
  readonly level: "warn" | "block";
  readonly openedAtSeconds: number;
  /** Runs in a row in which it was calm. */
  readonly calmRuns: number;
}

export type Transition = "opened" | "escalated" | "closed";

/** A share has to fall so far below its threshold, so often in a row, until an alert is closed: else it would open and close by chance. */
const CALM_FACTOR = 0.8;
const CALM_RUNS = 3;

/**
 * The state after a run, and what is to be told. An alert opens and escalates at once, and closes after three calm runs; a run that
 * could not tell changes nothing. It never falls from `block` to `warn`: a field that was stopped stays an open matter until people have
 * dealt with it, for what is not collected any more looks calm.
 */
export function nextState(
  state: AlertState | undefined,
  finding: Finding,
  nowSeconds: number,
): { readonly state: AlertState | undefined; readonly transition: Transition | undefined } {
  const { level } = finding;
  if (level === "quarantined") return { state, transition: undefined };
  if (state === undefined) {
    if (!isAlert(level)) return { state: undefined, transition: undefined };
    return { state: { level, openedAtSeconds: nowSeconds, calmRuns: 0 }, transition: "opened" };
  }
  if (state.level === "warn" && level === "block") {
    return { state: { ...state, level, calmRuns: 0 }, transition: "escalated" };
  }
  if (!isCalm(state, finding)) return { state: { ...state, calmRuns: 0 }, transition: undefined };
  const calmRuns = state.calmRuns + 1;
  if (calmRuns < CALM_RUNS) return { state: { ...state, calmRuns }, transition: undefined };
  return { state: undefined, transition: "closed" };
}

function isAlert(level: Level): level is AlertState["level"] {
  return isAtLeast(level, "warn");
}

function isCalm({ level }: AlertState, { value, threshold }: Finding): boolean {
  return value.share < CALM_FACTOR * threshold[level];
}
