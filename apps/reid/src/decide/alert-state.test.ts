import fc from "fast-check";
import { expect, it } from "vitest";
import { makeFinding } from "../../test/make-measurement.ts";
import { type AlertState, nextState } from "./alert-state.ts";
import type { Finding } from "./finding.ts";

const WARN = makeFinding("warn", 0.005);
const BLOCK = makeFinding("block", 0.05);
const CALM = makeFinding("fine", 0.0001);
/** Below the threshold that it passed, but not by enough. */
const NEARLY = makeFinding("fine", 0.0009);
const UNKNOWN = makeFinding("quarantined", 0);

function follow(findings: readonly Finding[]) {
  let state: AlertState | undefined;
  const transitions = findings.map((finding, run) => {
    const next = nextState(state, finding, run);
    state = next.state;
    return next.transition;
  });
  return { state, transitions: transitions.filter((transition) => transition !== undefined) };
}

it("opens at once, escalates at once, and tells each once", () => {
  expect(follow([CALM, WARN, WARN, BLOCK, BLOCK])).toEqual({
    state: { level: "block", openedAtSeconds: 1, calmRuns: 0 },
    transitions: ["opened", "escalated"],
  });
});

it("closes after three runs in a row below 0.8 of its threshold, and not for less", () => {
  expect(follow([WARN, CALM, CALM]).state).toMatchObject({ calmRuns: 2 });
  expect(follow([WARN, CALM, CALM, CALM])).toEqual({ state: undefined, transitions: ["opened", "closed"] });
  expect(follow([WARN, CALM, CALM, NEARLY, CALM, CALM]).transitions).toEqual(["opened"]);
  expect(follow([WARN, NEARLY, NEARLY, NEARLY, NEARLY]).transitions).toEqual(["opened"]);
});

it("stays as it is through runs that cannot tell", () => {
  expect(follow([UNKNOWN, UNKNOWN]).transitions).toEqual([]);
  expect(follow([WARN, CALM, CALM, UNKNOWN, UNKNOWN]).state).toMatchObject({ calmRuns: 2 });
  expect(follow([WARN, CALM, UNKNOWN, CALM, UNKNOWN, CALM]).transitions).toEqual(["opened", "closed"]);
});

it("never falls from block to warn", () => {
  expect(follow([BLOCK, makeFinding("warn", 0.0099), WARN]).state).toMatchObject({ level: "block" });
});

it("tells of every alert that it opens how it ended, in order, whatever comes", () => {
  const findings = fc.array(fc.constantFrom(WARN, BLOCK, CALM, NEARLY, UNKNOWN), { maxLength: 40 });
  fc.assert(
    fc.property(findings, (each) => {
      const { state, transitions } = follow(each);
      expect(transitions.join(" ")).toMatch(/^((opened( escalated)? closed ?)*)(opened( escalated)?)?$/);
      expect(transitions.at(-1) === undefined || transitions.at(-1) === "closed").toBe(state === undefined);
    }),
  );
});
