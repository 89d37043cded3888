import type { Summary } from "./summarize.ts";

/** What the service must do at a rate for that to be below its knee. */
const LEAST_ACCEPTED_SHARE = 0.99;
const MOST_P99_MS = 500;

const FIRST_PER_SECOND = 20;
const COARSE_STEP = 2;
const BISECTIONS = 4;
const TRIES = 3;
const MOST_PER_SECOND = 20_000;

/**
 * The largest rate at which nearly all reports are accepted in a bounded time: up in large steps until one is too much, then by halves. A rate
 * is too much if it is three times: on a machine that others use, once may be their doing.
 */
export async function findKnee(measure: (ratePerSecond: number) => Promise<Summary>): Promise<number> {
  const holds = async (rate: number) => {
    for (let time = 0; time < TRIES; time++) if (isWithinBounds(await measure(rate))) return true;
    return false;
  };
  let good = 0;
  let bad = FIRST_PER_SECOND;
  while (bad < MOST_PER_SECOND && (await holds(bad))) {
    good = bad;
    bad = Math.round(bad * COARSE_STEP);
  }
  if (good === 0)
    throw new Error(`even ${FIRST_PER_SECOND} reports a second are too many for this machine now`);
  for (let round = 0; round < BISECTIONS; round++) {
    const middle = Math.round((good + bad) / 2);
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function isWithinBounds({ acceptedShare, acceptedP99Ms }: Summary): boolean {
  return acceptedShare >= LEAST_ACCEPTED_SHARE && acceptedP99Ms <= MOST_P99_MS;
}
