import { describe, expect, it } from "vitest";
import { element, fromHex, proof, scalar, toHex } from "../src/index.ts";
import { implementations } from "./implementations.ts";
import rfc9497 from "./vectors/rfc9497-ristretto255-sha512.json" with { type: "json" };

type Suite = (typeof rfc9497.suites)[number];
type Vector = Suite["vectors"][number];

describe.each(rfc9497.suites)("RFC 9497 appendix $section", (suite) => {
  describe.each(implementations)("$name", (implementation) => {
    it("derives the key pair", async () => {
      const { oprf } = await open(implementation, suite.mode, []);
      const pair = oprf.deriveKeyPair(fromHex(suite.seed), fromHex(suite.keyInfo));
      expect([pair.secretKey, pair.publicKey].map(toHex)).toEqual([suite.secretKey, suite.publicKey]);
    });

    it.each(suite.vectors.map((vector, i) => [i + 1, vector] as const))("vector %i", async (_, vector) => {
      expect(await replay(implementation, suite, vector)).toEqual({
        blinded: vector.blinded,
        evaluated: vector.evaluated,
        proof: vector.proof,
        output: vector.output,
      });
    });
  });
});

async function replay(implementation: (typeof implementations)[number], suite: Suite, vector: Vector) {
  const { steps } = await open(implementation, suite.mode, [...vector.blind, vector.proofNonce]);
  const secretKey = scalar(fromHex(suite.secretKey));
  const publicKey = element(fromHex(suite.publicKey));
  const info = fromHex(vector.info);
  const inputs = vector.input.map(fromHex);

  const blinded = inputs.map((input) => steps.blind(input, info, publicKey));
  const answer = steps.evaluate(
    secretKey,
    blinded.map((item) => item.blinded),
    info,
  );
  const items = blinded.map((item, i) => ({
    input: inputs[i] ?? new Uint8Array(),
    blind: item.blind,
    blinded: item.blinded,
    evaluated: answer.evaluated[i] ?? element(new Uint8Array(32)),
  }));
  const key = blinded[0]?.tweakedKey ?? publicKey;
  const output = steps.finalize(items, proof(fromHex(vector.proof)), info, key);
  return {
    blinded: blinded.map((item) => toHex(item.blinded)),
    evaluated: answer.evaluated.map(toHex),
    proof: toHex(answer.proof),
    output: output.map(toHex),
  };
}

/** Either mode in the shape of mode 2, with its random scalars taken from the vector in order of use. */
async function open(
  { createPoprf, createVoprf }: (typeof implementations)[number],
  mode: number,
  scalars: readonly string[],
) {
  const left = [...scalars];
  const randomScalar = () => scalar(fromHex(left.shift() ?? ""));
  const poprf = await createPoprf({ randomScalar });
  if (mode === 2) {
    const steps = { blind: poprf.blind, evaluate: poprf.blindEvaluateBatch, finalize: poprf.finalizeBatch };
    return { oprf: poprf, steps };
  }
  const voprf = await createVoprf({ randomScalar });
  const steps: Steps = {
    blind: (input, _info, publicKey) => ({ ...voprf.blind(input), tweakedKey: publicKey }),
    evaluate: (secretKey, blinded) => voprf.blindEvaluateBatch(secretKey, blinded),
    finalize: (items, batchProof, _info, publicKey) => voprf.finalizeBatch(items, batchProof, publicKey),
  };
  return { oprf: voprf, steps };
}

type Poprf = Awaited<ReturnType<(typeof implementations)[number]["createPoprf"]>>;
type Steps = {
  blind: Poprf["blind"];
  evaluate: Poprf["blindEvaluateBatch"];
  finalize: Poprf["finalizeBatch"];
};
