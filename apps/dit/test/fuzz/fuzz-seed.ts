import { randomInt } from "node:crypto";

const DEFAULT_SEED = 20_260_101;

/** The same inputs every time, so that what fails once fails again. `DIT_FUZZ_SEED=random` explores; a number repeats what that found. */
export function fuzzSeed(): number {
  const wanted = process.env.DIT_FUZZ_SEED ?? String(DEFAULT_SEED);
  return wanted === "random" ? randomInt(2 ** 31) : Number(wanted);
}
