import type { Share } from "../measurement.ts";
import { wilsonShare } from "../share.ts";
import type { ValueSample } from "./sample-values.ts";

/** Fewer rare values cannot tell 10 % that come back from none. */
const MIN_RARE_VALUES = 30;

/**
 * Whether rare values come back after the pids have rotated: then the value, and not the pid, is the identifier. Two things come
 * back without being one, and are taken out:
 *
 * - Chance. Where people draw from a dense range (the tail of a latency in ms), another draw meets rare values again. How often, one
 *   half of the people tells of the other half, who are certainly others: c of a half, 1 - (1 - c)^2 of a whole window.
 * - Activity. Where the later window has fewer people, as a window that is still open has, not all could have come back.
 */
export function linkabilityOf(
  sample: ValueSample,
  pids: { readonly now: number; readonly before: number },
): Share | undefined {
  if (sample.rareBefore < MIN_RARE_VALUES || pids.before === 0 || pids.now === 0) return undefined;
  const chance = chanceOfReturn(sample);
  const activity = Math.min(1, pids.now / pids.before);
  const beyondChance = (share: number) =>
    chance === 1 ? 0 : Math.min(1, Math.max(0, (share - chance * activity) / ((1 - chance) * activity)));
  const observed = wilsonShare(sample.rareAgain, sample.rareBefore);
  return {
    share: beyondChance(observed.share),
    lower: beyondChance(observed.lower),
    upper: beyondChance(observed.upper),
    sample: observed.sample,
  };
}

/** How often a rare value is met again by people who are others. */
export function chanceOfReturn({ rareInHalf, rareInBothHalves }: ValueSample): number {
  const half = rareInHalf === 0 ? 0 : rareInBothHalves / rareInHalf;
  return 1 - (1 - half) ** 2;
}
