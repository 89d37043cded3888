import type { Share } from "../measurement.ts";
import { wilsonShare } from "../share.ts";
import { chanceOfReturn } from "./linkability.ts";
import type { ValueSample } from "./sample-values.ts";

export interface Overlap {
  /** Share of the rare values of one that are rare values of the other too, beyond what chance gives. */
  readonly containment: Share;
  /** Jaccard index of the two sets of rare values. */
  readonly jaccard: number;
}

/**
 * How much one field's rare values are another's. Both samples have the values with the smallest hashes under one key, so that below the
 * smaller threshold both sets are whole and are simply counted; estimates from set sizes (inclusion and exclusion) see overlap where
 * there is none as soon as the sets differ in size. Undefined where too few rare values are left to say.
 */
export function overlapOf(of: ValueSample, other: ValueSample): Overlap | undefined {
  const values = below(of.rareHashes, other.threshold);
  const others = new Set(below(other.rareHashes, of.threshold));
  if (values.length < MIN_RARE_VALUES) return undefined;
  const shared = values.filter((hash) => others.has(hash)).length;
  const observed = wilsonShare(shared, values.length);
  // In a dense range of values, strangers meet in a value too.
  const chance = chanceOfReturn(of);
  const beyondChance = (share: number) => (chance === 1 ? 0 : Math.max(0, (share - chance) / (1 - chance)));
  return {
    containment: {
      share: beyondChance(observed.share),
      lower: beyondChance(observed.lower),
      upper: beyondChance(observed.upper),
      sample: observed.sample,
    },
    jaccard: shared / (values.length + others.size - shared),
  };
}

/** Of fewer, a handful of chance meetings would be a fifth. */
const MIN_RARE_VALUES = 30;

/** Hashes are hexadecimal of one length, so that they compare as the numbers do. */
function below(hashes: readonly string[], threshold: bigint): string[] {
  const last = threshold.toString(16).toUpperCase().padStart(16, "0");
  return hashes.filter((hash) => hash <= last);
}
