/** Features of one pair, and whether it is a true one. */
export interface Example {
  readonly features: readonly number[];
  readonly isTrue: boolean;
}

type Tree =
  | { readonly feature: number; readonly bin: number; readonly low: Tree; readonly high: Tree }
  | { readonly value: number };

const ROUNDS = 40;
const DEPTH = 2;
const LEARNING_RATE = 0.15;
const BINS = 32;
/** Of the leaves' values: keeps a leaf of few examples small. */
const SHRINKAGE = 20;

/** Gradient-boosted trees on quantiles of the features, logistic loss. Returns what scores a pair; higher is more likely true. */
export function trainClassifier(examples: readonly Example[]): (features: readonly number[]) => number {
  const width = examples[0]?.features.length ?? 0;
  const edges = Array.from({ length: width }, (_, feature) =>
    quantiles(examples.map((each) => each.features[feature] ?? 0)),
  );
  const binned = (features: readonly number[]) =>
    Uint8Array.from(edges, (limits, feature) => binOf(limits, features[feature] ?? 0));
  const rows = examples.map(({ features }) => binned(features));
  const labels = Float64Array.from(examples, ({ isTrue }) => (isTrue ? 1 : 0));
  const scores = new Float64Array(rows.length);
  const trees: Tree[] = [];
  const all = Uint32Array.from(rows.keys());
  for (let round = 0; round < ROUNDS; round++) {
    const gradients = labels.map((label, i) => label - probability(scores[i] ?? 0));
    const hessians = scores.map((score) => probability(score) * (1 - probability(score)));
    const tree = grow(rows, gradients, hessians, all, DEPTH, width);
    trees.push(tree);
    for (const [i, row] of rows.entries()) scores[i] = (scores[i] ?? 0) + LEARNING_RATE * leafOf(tree, row);
  }
  return (features) => {
    const row = binned(features);
    return trees.reduce((sum, tree) => sum + leafOf(tree, row), 0);
  };
}

function probability(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

function quantiles(values: number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  const limits = Array.from(
    { length: BINS - 1 },
    (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)] ?? 0,
  );
  return [...new Set(limits)];
}

/** How many limits lie below. */
function binOf(limits: readonly number[], value: number): number {
  let [low, high] = [0, limits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((limits[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function leafOf(tree: Tree, row: Uint8Array): number {
  let at = tree;
  while ("feature" in at) at = (row[at.feature] ?? 0) <= at.bin ? at.low : at.high;
  return at.value;
}

function grow(
  rows: readonly Uint8Array[],
  gradients: Float64Array,
  hessians: Float64Array,
  members: Uint32Array,
  depth: number,
  width: number,
): Tree {
  let [gradient, hessian] = [0, 0];
  for (const i of members) {
    gradient += gradients[i] ?? 0;
    hessian += hessians[i] ?? 0;
  }
  const leaf = { value: gradient / (hessian + SHRINKAGE) };
  if (depth === 0) return leaf;
  let best = { gain: 1e-9, feature: -1, bin: 0 };
  const gainOf = (g: number, h: number) => (g * g) / (h + SHRINKAGE);
  for (let feature = 0; feature < width; feature++) {
    const g = new Float64Array(BINS);
    const h = new Float64Array(BINS);
    for (const i of members) {
      const bin = rows[i]?.[feature] ?? 0;
      g[bin] = (g[bin] ?? 0) + (gradients[i] ?? 0);
      h[bin] = (h[bin] ?? 0) + (hessians[i] ?? 0);
    }
    let [lowG, lowH] = [0, 0];
    for (let bin = 0; bin < BINS - 1; bin++) {
      lowG += g[bin] ?? 0;
      lowH += h[bin] ?? 0;
      const gain = gainOf(lowG, lowH) + gainOf(gradient - lowG, hessian - lowH) - gainOf(gradient, hessian);
      if (gain > best.gain) best = { gain, feature, bin };
    }
  }
  const { feature, bin } = best;
  if (feature < 0) return leaf;
  const isLow = (i: number) => (rows[i]?.[feature] ?? 0) <= bin;
  const next = (side: Uint32Array) => grow(rows, gradients, hessians, side, depth - 1, width);
  return { feature, bin, low: next(members.filter(isLow)), high: next(members.filter((i) => !isLow(i))) };
}
