import type { Turn } from "./row.ts";

/** Each takes its turn and answers with its figure. */
export interface Sides {
  readonly ours: () => Promise<number>;
  readonly peer: () => Promise<number>;
}

const TURNS = 9;

/**
 * Turn by turn after one that does not count, each side first in every other: so that a drift of the machine's speed meets both, and
 * neither always finds the other's caches.
 */
export async function interleave({ ours, peer }: Sides, turnCount = TURNS): Promise<Turn[]> {
  await ours();
  await peer();
  const turns: Turn[] = [];
  for (let index = 0; index < turnCount; index++) {
    if (index % 2 === 0) {
      const first = await ours();
      turns.push({ ours: first, peer: await peer() });
    } else {
      const first = await peer();
      turns.push({ ours: await ours(), peer: first });
    }
  }
  return turns;
}

export const TURN_SECONDS = 0.25;

/**
 * A side that does `run`, `perRun` units each time, until a turn's time is over: units a second. Of processor time, so that what else the
 * machine does is in neither side's figure; and of one core, as neither side has threads.
 */
export function rateOf(run: () => unknown, perRun: number, secondsSpent = processorSeconds) {
  return async (): Promise<number> => {
    const startedAt = secondsSpent();
    let units = 0;
    do {
      await run();
      units += perRun;
    } while (secondsSpent() - startedAt < TURN_SECONDS);
    return units / (secondsSpent() - startedAt);
  };
}

/** User and system, of all threads of this process. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
