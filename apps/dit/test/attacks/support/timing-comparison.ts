import { createSeededRandom } from "./seeded-order.ts";

/** Measures one sample of a kind: whatever took the time, in nanoseconds. */
export type Sample = () => number | Promise<number>;

/**
 * How one kind's times compare with the reference's, a figure a round: the probability that a sample of the kind took
 * longer than one of the reference (Mann-Whitney U / (n * m), the area under the ROC curve), less a half.
 */
export interface Comparison {
  readonly kind: string;
  readonly excess: readonly number[];
  /** The same between the reference and itself: what chance and this machine's noise make of no difference at all. */
  readonly noise: readonly number[];
  /** Median less the reference's median, in nanoseconds. */
  readonly shiftNs: readonly number[];
  /** Whether whoever measures could tell the kinds apart. */
  readonly differs: boolean;
  /** The least delay of the kind that would have been called a difference, in nanoseconds: what the measurement can see here and now. */
  readonly resolutionNs: number;
}

export const SAMPLES_PER_ROUND = 300;
export const ROUNDS = 3;
/**
 * Under no difference the figure's standard deviation is sqrt((2n + 1) / 12n^2) = 0.024 for 300 samples, whatever the times'
 * distribution is: it looks at ranks only. So this is 4.2 standard deviations, beyond the noise found in the same round.
 */
const TOLERANCE = 0.1;
/**
 * A shift below this is none, however regular: ranks would tell apart what the compiler or a cache line makes of two closures. It is
 * well below what the ranks resolve of a request's time.
 */
const LEAST_SHIFT_NS = 1_000;

/**
 * Takes samples of all kinds in one shuffled order, so that whatever else the machine does meets each of them alike: without a
 * difference every order is equally likely, and load can widen the times but not part the kinds. A kind differs if it exceeds noise and
 * tolerance in every round, each time in the same direction: by chance about once in 10^14 comparisons, while a real difference comes
 * back in each round.
 */
export async function compareTimings(
  reference: Sample,
  kinds: Readonly<Record<string, Sample>>,
  seed: number,
): Promise<Comparison[]> {
  const random = createSeededRandom(seed);
  const found = Object.keys(kinds).map((kind) => ({
    kind,
    excess: [] as number[],
    noise: [] as number[],
    shiftNs: [] as number[],
  }));
  let resolutionNs = 0;
  const samplers = { reference, again: reference, ...kinds };
  await takeRound(samplers, random.shuffled, Math.ceil(SAMPLES_PER_ROUND / 5));
  for (let round = 0; round < ROUNDS; round++) {
    const times = await takeRound(samplers, random.shuffled, SAMPLES_PER_ROUND);
    const base = times.get("reference") ?? [];
    resolutionNs = Math.max(resolutionNs, resolutionOf(base, times.get("again") ?? []));
    for (const each of found) {
      each.excess.push(areaUnderCurve(base, times.get(each.kind) ?? []) - 0.5);
      each.noise.push(areaUnderCurve(base, times.get("again") ?? []) - 0.5);
      each.shiftNs.push(median(times.get(each.kind) ?? []) - median(base));
    }
  }
  return found.map((each) => ({ ...each, differs: isDifferent(each), resolutionNs }));
}

export function isDifferent({
  excess,
  noise,
  shiftNs,
}: Pick<Comparison, "excess" | "noise" | "shiftNs">): boolean {
  const exceeds = (figure: number, round: number) =>
    Math.abs(figure) - Math.abs(noise[round] ?? 0) > TOLERANCE &&
    Math.abs(shiftNs[round] ?? 0) >= LEAST_SHIFT_NS;
  return excess.every(exceeds) && new Set(excess.map(Math.sign)).size === 1;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** By steps of a tenth: delays the reference until it would stand out from itself. */
function resolutionOf(base: readonly number[], again: readonly number[]): number {
  const noise = Math.abs(areaUnderCurve(base, again) - 0.5);
  const delayed = (delayNs: number) => again.map((each) => each + delayNs);
  let delayNs = LEAST_SHIFT_NS;
  while (areaUnderCurve(base, delayed(delayNs)) - 0.5 - noise <= TOLERANCE && delayNs < 1e9) delayNs *= 1.1;
  return delayNs;
}

async function takeRound(
  samplers: Readonly<Record<string, Sample>>,
  shuffled: <T>(items: readonly T[]) => T[],
  count: number,
): Promise<Map<string, number[]>> {
  const order = shuffled(
    Object.entries(samplers).flatMap((each) => Array.from({ length: count }, () => each)),
  );
  const times = new Map<string, number[]>(Object.keys(samplers).map((kind) => [kind, []]));
  for (const [kind, sample] of order) times.get(kind)?.push(await sample());
  return times;
}

/** The share of pairs in which the one of `b` is larger; equal ones count half. */
export function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, b: 0 })), ...b.map((value) => ({ value, b: 1 }))];
  all.sort((x, y) => x.value - y.value);
  let rankSum = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    // Equal values share their middle rank.
    const rank = (from + 1 + to) / 2;
    for (; from < to; from++) rankSum += rank * (all[from]?.b ?? 0);
  }
  return (rankSum - (b.length * (b.length + 1)) / 2) / (a.length * b.length);
}

export function describeComparison({ kind, excess, noise, resolutionNs }: Comparison): string {
  const auc = (figures: readonly number[]) => figures.map((each) => (each + 0.5).toFixed(3)).join(" ");
  return `${kind}: AUC ${auc(excess)} (against itself ${auc(noise)}; would see ${(resolutionNs / 1_000).toFixed(1)} us)`;
}
