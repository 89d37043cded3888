import { afterAll, beforeAll, expect, it } from "vitest";
import { type Detection, detectFaults, detectNothing } from "./detect.ts";
import { openTestStores, type TestStores } from "./harness.ts";

const SEEDS = 10;
const CLEAN_WINDOWS = 300;
const THIRTY_MINUTES_MS = 30 * 60_000;
/** Each window is of a use case of its own; what a run does for itself, as to look for its canary, is then done for all of them once. */
const WINDOWS_PER_RUN = 10;
const PEOPLE = [5_000, 10_000, 20_000];

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

function peopleOf(turn: number): number {
  return PEOPLE[turn % PEOPLE.length] ?? 0;
}

it(`finds at least 98 % of 30 faults planted with ${SEEDS} seeds, within one window, and stops nothing else`, async () => {
  const detections: Detection[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) detections.push(await detectFaults(stores, seed, peopleOf(seed)));
  const planted = detections.reduce((sum, each) => sum + each.planted, 0);
  const missed = detections.flatMap((each) => each.missed);
  const falselyBlocked = detections.flatMap((each) => each.falselyBlocked);
  const found = planted - missed.length;
  const recall = found / planted;
  const precision = found / (found + falselyBlocked.length);
  process.stdout.write(
    `${planted} faults: recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}; missed: ${missed.join(", ") || "none"}; falsely stopped: ${falselyBlocked.join(", ") || "none"}\n`,
  );
  expect(planted).toBe(30 * SEEDS);
  expect(recall).toBeGreaterThanOrEqual(0.98);
  expect(falselyBlocked).toEqual([]);
});

it(`stops at most one field in ${CLEAN_WINDOWS} clean windows`, { timeout: THIRTY_MINUTES_MS }, async () => {
  const blocked: string[] = [];
  for (let first = 1; first <= CLEAN_WINDOWS; first += WINDOWS_PER_RUN) {
    const seeds = Array.from({ length: WINDOWS_PER_RUN }, (_, index) => first + index);
    blocked.push(...(await detectNothing(stores, seeds, peopleOf)));
  }
  process.stdout.write(`${CLEAN_WINDOWS} clean windows: ${blocked.length} false blocks\n`);
  expect(blocked.length).toBeLessThanOrEqual(1);
});
