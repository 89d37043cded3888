import { createSeededRandom } from "../seeded-random.ts";
import { createCleanSource } from "./clean-fields.ts";
import type { Planted } from "./scenario.ts";

/** Below it the monitor keeps every field in quarantine; above it, what is planted as rare is not. */
export const SCENARIO_CLIENTS = { min: 1_000, default: 1_200, max: 5_000 } as const;

export interface ScenarioPerson {
  readonly account: string;
  /** What an event says in one round: the clean values and what is a person's own are the same in every round. */
  fieldsIn(planted: Planted, round: number): Readonly<Record<string, number | string>>;
}

/** The same seed and size give the same people, who report the same. */
export function createScenarioPeople(options: {
  readonly clients: number;
  readonly seed: number;
}): ScenarioPerson[] {
  const random = createSeededRandom(options.seed);
  const drawClean = createCleanSource(random);
  return Array.from({ length: options.clients }, (_, index) => {
    const clean = drawClean();
    const ownSeed = random() * 2 ** 32;
    const nowSeed = random() * 2 ** 32;
    return {
      account: `scenario-${options.seed}-${index}`,
      fieldsIn: ({ draw }, round) => ({
        ...clean,
        ...draw(createSeededRandom(ownSeed), createSeededRandom(nowSeed + round)),
      }),
    };
  });
}
