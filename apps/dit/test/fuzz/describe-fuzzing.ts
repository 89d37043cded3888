import { describe, expect, it } from "vitest";
import { MAX_INPUT_MS } from "./fuzz.ts";
import { fuzzSeed } from "./fuzz-seed.ts";
import type { NamedTarget } from "./targets/targets.ts";

/** On a machine that is busy with other things. */
const MAX_MS_PER_INPUT = 3;

/** A test a parser, `count` inputs each. The seed is in the name. */
export function describeFuzzing(count: number, targets: readonly NamedTarget[]): void {
  const seed = fuzzSeed();
  describe(`${count} hostile inputs each, seed ${seed}`, () => {
    it.each(targets.map(({ name, run }) => [name, run] as const))(
      "%s",
      { timeout: count * MAX_MS_PER_INPUT },
      async (_, run) => {
        const { accepted, refused, slowestMs } = await run({ count, seed });
        expect(accepted + refused).toBe(count);
        // Inputs of one kind only would prove nothing about the other.
        expect(accepted).toBeGreaterThan(count / 50);
        expect(refused).toBeGreaterThan(count / 50);
        expect(slowestMs).toBeLessThan(MAX_INPUT_MS);
      },
    );
  });
}
