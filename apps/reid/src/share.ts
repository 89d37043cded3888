import type { Share } from "./measurement.ts";

/** Of the standard normal distribution, for 95 %. */
const Z = 1.959964;

/** A share with its Wilson score bounds (Wilson 1927): they stay within 0 and 1, and hold for small samples and rare events. */
export function wilsonShare(hits: number, sample: number): Share {
  if (sample === 0) return { share: 0, lower: 0, upper: 1, sample };
  const share = hits / sample;
  const scale = 1 + Z ** 2 / sample;
  const middle = (share + Z ** 2 / (2 * sample)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / sample + Z ** 2 / (4 * sample ** 2));
  return {
    share,
    lower: hits === 0 ? 0 : Math.max(0, middle - half),
    upper: hits === sample ? 1 : Math.min(1, middle + half),
    sample,
  };
}
