/**
 * The batched proof of RFC 9497 section 2.2: that one k takes G to B and every C[i] to D[i]. In POPRF mode C are the
 * evaluated and D the blinded elements; in VOPRF mode it is the other way round.
 */
import { concat, type Element, equalConstantTime, type Proof, proof, type Scalar, scalar } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { framed, utf8 } from "../framing.ts";
import { checkScalar } from "./checks.ts";
import type { SodiumSuite } from "./sodium-suite.ts";

const COMPOSITE = utf8("Composite");
const CHALLENGE = utf8("Challenge");

export type Statement = {
  readonly b: Element;
  readonly c: readonly Element[];
  readonly d: readonly Element[];
};

/** `nonce` is a fresh random scalar: used twice, it gives the key away. */
export function prove(suite: SodiumSuite, k: Scalar, statement: Statement, nonce: Scalar): Proof {
  const { sodium } = suite;
  const m = weightedSum(suite, statement.c, weights(suite, statement));
  // Section 2.2.1, ComputeCompositesFast: whoever knows k needs one multiplication instead of a sum over D.
  const z = suite.multiply(k, m);
  const challenge = challengeOf(suite, [
    statement.b,
    m,
    z,
    suite.multiplyBase(nonce),
    suite.multiply(nonce, m),
  ]);
  const ck = sodium.crypto_core_ristretto255_scalar_mul(challenge, k);
  const s = sodium.crypto_core_ristretto255_scalar_sub(nonce, ck);
  sodium.memzero(ck);
  return proof(concat(challenge, s));
}

/** Throws CryptoError("proof_invalid") unless the proof holds. Every value in it is public. */
export function verify(suite: SodiumSuite, statement: Statement, batchProof: Proof): void {
  try {
    const challenge = scalar(batchProof.subarray(0, 32));
    const s = scalar(batchProof.subarray(32));
    checkScalar(challenge);
    checkScalar(s);
    const factors = weights(suite, statement);
    const m = weightedSum(suite, statement.c, factors);
    const z = weightedSum(suite, statement.d, factors);
    const t2 = suite.add(suite.multiplyBase(s), suite.multiply(challenge, statement.b));
    const t3 = suite.add(suite.multiply(s, m), suite.multiply(challenge, z));
    const expected = challengeOf(suite, [statement.b, m, z, t2, t3]);
    if (equalConstantTime(challenge, expected)) return;
  } catch (cause) {
    throw new CryptoError("proof_invalid", { cause });
  }
  throw new CryptoError("proof_invalid");
}

/** A weight for each pair, bound to all of the batch: without them, wrong evaluations could cancel out in the sum. */
function weights(suite: SodiumSuite, { b, c, d }: Statement): Scalar[] {
  const seed = suite.sha512(framed(b, suite.seedDomain));
  return c.map((ci, i) => {
    const di = d[i];
    if (di === undefined) throw new CryptoError("batch_invalid");
    const index = Uint8Array.of(i >> 8, i & 0xff);
    return suite.hashToScalar(concat(framed(seed), index, framed(ci, di), COMPOSITE));
  });
}

function weightedSum(suite: SodiumSuite, points: readonly Element[], factors: readonly Scalar[]): Element {
  const terms = points.map((point, i) => {
    const factor = factors[i];
    if (factor === undefined) throw new CryptoError("batch_invalid");
    return suite.multiply(factor, point);
  });
  return terms.reduce((sum, term) => suite.add(sum, term));
}

function challengeOf(suite: SodiumSuite, points: readonly Element[]): Scalar {
  return suite.hashToScalar(concat(framed(...points), CHALLENGE));
}
