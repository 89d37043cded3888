import fc from "fast-check";
import { expect, it } from "vitest";
import { DAY_SECONDS, makeUseCase } from "../../test/harness.ts";
import { planWindows } from "./plan-windows.ts";

const useCase = makeUseCase("shop", { model: { type: "string", maxLength: 9 } });
const SETTLE_SECONDS = 600;
const OPEN = 20_000;
/** From the end of a window until all of its rows are there. */
const SETTLED_AFTER_SECONDS = useCase.epoch.graceSeconds + SETTLE_SECONDS;

function plan(lastFinal: number | undefined, secondsIntoWindow: number) {
  const planned = planWindows(useCase, lastFinal, OPEN * DAY_SECONDS + secondsIntoWindow, SETTLE_SECONDS);
  return planned.map(({ window, final }) => `${window - OPEN}${final ? " final" : ""}`);
}

it("measures the window that is open, and the one that has ended until all of its rows are there", () => {
  expect(plan(OPEN - 2, SETTLED_AFTER_SECONDS - 1)).toEqual(["-1", "0"]);
  expect(plan(OPEN - 2, SETTLED_AFTER_SECONDS)).toEqual(["-1 final", "0"]);
});

it("measures a window as final once", () => {
  expect(plan(OPEN - 1, SETTLED_AFTER_SECONDS)).toEqual(["0"]);
});

it("makes up for the last three windows that nobody measured, oldest first", () => {
  expect(plan(OPEN - 3, SETTLED_AFTER_SECONDS)).toEqual(["-2 final", "-1 final", "0"]);
  expect(plan(OPEN - 90, SETTLED_AFTER_SECONDS)).toEqual(["-3 final", "-2 final", "-1 final", "0"]);
});

it("begins with the window that ended last", () => {
  expect(plan(undefined, SETTLED_AFTER_SECONDS)).toEqual(["-1 final", "0"]);
});

it("measures every window as final exactly once, however often and irregularly it is asked", () => {
  const steps = fc.array(fc.integer({ min: 1, max: 2 * DAY_SECONDS }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(steps, (secondsBetween) => {
      let now = OPEN * DAY_SECONDS;
      let last: number | undefined;
      const finals: number[] = [];
      for (const seconds of secondsBetween) {
        now += seconds;
        const planned = planWindows(useCase, last, now, SETTLE_SECONDS).filter(({ final }) => final);
        finals.push(...planned.map(({ window }) => window));
        last = planned.at(-1)?.window ?? last;
      }
      const [first = 0] = finals;
      expect(finals).toEqual(Array.from({ length: finals.length }, (_, index) => first + index));
    }),
  );
});
