import fc from "fast-check";

/** A parser, and a second opinion about what it should say. */
export interface FuzzTarget<Input> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** What the product makes of an input: `REFUSED` and why, or all that it read. Anything it throws is a crash. */
  product(input: Input): string | Promise<string>;
  /** What is right, by a model that shares no code with the product; several, if the input is wrong in several ways. */
  reference(input: Input): string | readonly string[];
}

/** Begins the verdict on an input that must not be accepted; the reason follows. */
export const REFUSED = "refused: ";

export interface FuzzResult {
  readonly accepted: number;
  readonly refused: number;
  readonly slowestMs: number;
}

/** For a parser. What reads or writes a store may take longer, as slow as its disk is. */
export const MAX_INPUT_MS = 100;
/** A pause of the machine or the collector is not the parser's: a slow input is tried again alone, and its best time counts. */
const TRIES_ALONE = 5;

/** Throws with the seed and the smallest input found if a verdict differs, the product crashes or takes longer than `maxMs`. */
export async function fuzz<Input>(
  { inputs, product, reference }: FuzzTarget<Input>,
  options: { readonly count: number; readonly seed: number; readonly maxMs?: number },
): Promise<FuzzResult> {
  const { count, seed, maxMs = MAX_INPUT_MS } = options;
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  const result = { accepted: 0, refused: 0, slowestMs: 0 };
  const property = fc.asyncProperty(inputs, async (input) => {
    const startMs = performance.now();
    const verdict = await product(input);
    const firstMs = performance.now() - startMs;
    const tookMs = firstMs > maxMs ? await bestOf(TRIES_ALONE, () => product(input)) : firstMs;
    result.slowestMs = Math.max(result.slowestMs, tookMs);
    if (tookMs > maxMs) throw new Error(`took ${Math.round(tookMs)} ms`);
    const right = [reference(input)].flat();
    if (!right.includes(verdict)) throw new Error(`says ${verdict}\nbut right is ${right.join(" or ")}`);
    if (verdict.startsWith(REFUSED)) result.refused += 1;
    else result.accepted += 1;
  });
  try {
    await fc.assert(property, { numRuns: count, seed });
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  if (unhandled.length > 0) throw new Error("a rejection was not handled", { cause: unhandled[0] });
  return result;
}

async function bestOf(tries: number, run: () => unknown): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i++) {
    const startMs = performance.now();
    await run();
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return bestMs;
}
