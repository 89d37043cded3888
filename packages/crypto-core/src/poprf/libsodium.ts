/**
 * RFC 9497 on libsodium (WebAssembly), for servers: every operation on a secret takes constant time, and it is several
 * times faster than JavaScript. The checks are those of RFC 9497 sections 2.1, 3.3 and 4: elements and scalars decode
 * canonically, no identity from the wire, no empty batch, no zero scalar, proof before unblinding.
 *
 * Limit: the wrappers copy arguments into WebAssembly memory and free them without wiping, so secrets stay there until
 * overwritten. What this module itself holds is wiped. Do not write core dumps of an issuer.
 */
import sodium from "libsodium-wrappers-sumo";
import { concat, type Element, type Scalar, scalar } from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { framed, utf8 } from "../framing.ts";
import { webCryptoRandomBytes } from "../random-bytes.ts";
import { checkBatch, checkElement, checkInput, checkScalar, isZero } from "./checks.ts";
import type { EvaluatedBatch, FinalizeItem, Poprf, PoprfOptions } from "./poprf.ts";
import { prove, type Statement, verify } from "./sodium-dleq.ts";
import { createSodiumSuite, type SodiumSuite } from "./sodium-suite.ts";
import { type BoundKey, createTweakCache } from "./tweak-cache.ts";
import type { Voprf } from "./voprf.ts";

const WIDE_SCALAR_BYTES = 64;
const MAX_CACHED_TWEAKS = 16;

export interface LibsodiumPoprf extends Poprf {
  /** A secret key bound to one info, for `blindEvaluateBound`: to be copied, and wiped by whoever copies it. Valid until the next call. */
  bind(secretKey: Scalar, info: Uint8Array): BoundKey;
  /** `blindEvaluateBatch` where there is no secret key, but what `bind` made of it: in another thread, say. */
  blindEvaluateBound(key: BoundKey, blinded: readonly Element[]): EvaluatedBatch;
  /** Wipes what is kept of secret keys to save time. Call it when a key is destroyed. */
  forgetKeys(): void;
}

export async function createLibsodiumPoprf(options: PoprfOptions = {}): Promise<LibsodiumPoprf> {
  await sodium.ready;
  const suite = createSodiumSuite(sodium, 2);
  const randomScalar = scalarSource(options);
  const tweaks = createTweakCache(MAX_CACHED_TWEAKS);
  const tweakOf = (secretKey: Scalar, info: Uint8Array) => {
    checkScalar(secretKey);
    checkInput(info);
    return tweaks.get(secretKey, info, () => makeTweak(suite, secretKey, info));
  };
  const evaluateBound = ({ t, inverse, tweakedKey }: BoundKey, blinded: readonly Element[]) => {
    checkBatch(blinded);
    blinded.forEach(checkElement);
    const evaluated = blinded.map((point) => suite.multiply(inverse, point));
    const statement = { b: tweakedKey, c: evaluated, d: blinded };
    return { evaluated, proof: proveFresh(suite, t, statement, randomScalar) };
  };
  return {
    suite: "ristretto255-SHA512",
    generateKeyPair() {
      const secretKey = randomScalar();
      return { secretKey, publicKey: suite.multiplyBase(secretKey) };
    },
    deriveKeyPair: suite.deriveKeyPair,
    publicKeyOf: suite.multiplyBase,
    blind(input, info, publicKey) {
      const tweakedKey = publicTweak(suite, publicKey, info);
      const blind = randomScalar();
      return { blind, blinded: suite.multiply(blind, suite.hashToGroup(input)), tweakedKey };
    },
    blindEvaluateBatch: (secretKey, blinded, info) => evaluateBound(tweakOf(secretKey, info), blinded),
    bind: tweakOf,
    blindEvaluateBound: evaluateBound,
    finalizeBatch(items, batchProof, info, tweakedKey) {
      checkItems(items, tweakedKey);
      const [blinded, evaluated] = [items.map((item) => item.blinded), items.map((item) => item.evaluated)];
      verify(suite, { b: tweakedKey, c: evaluated, d: blinded }, batchProof);
      return items.map((item) => suite.output(item.input, info, unblind(suite, item)));
    },
    evaluate(secretKey, input, info) {
      const { inverse } = tweakOf(secretKey, info);
      return suite.output(input, info, suite.multiply(inverse, suite.hashToGroup(input)));
    },
    forgetKeys: tweaks.clear,
  };
}

export async function createLibsodiumVoprf(options: PoprfOptions = {}): Promise<Voprf> {
  await sodium.ready;
  const suite = createSodiumSuite(sodium, 1);
  const randomScalar = scalarSource(options);
  return {
    deriveKeyPair: suite.deriveKeyPair,
    blind(input) {
      const blind = randomScalar();
      return { blind, blinded: suite.multiply(blind, suite.hashToGroup(input)) };
    },
    blindEvaluateBatch(secretKey, blinded) {
      checkScalar(secretKey);
      checkBatch(blinded);
      blinded.forEach(checkElement);
      const evaluated = blinded.map((point) => suite.multiply(secretKey, point));
      const statement = { b: suite.multiplyBase(secretKey), c: blinded, d: evaluated };
      return { evaluated, proof: proveFresh(suite, secretKey, statement, randomScalar) };
    },
    finalizeBatch(items, batchProof, publicKey) {
      checkItems(items, publicKey);
      const [blinded, evaluated] = [items.map((item) => item.blinded), items.map((item) => item.evaluated)];
      verify(suite, { b: publicKey, c: blinded, d: evaluated }, batchProof);
      return items.map((item) => suite.output(item.input, unblind(suite, item)));
    },
  };
}

/** Section 3.3.3: m, the info's scalar. */
function infoScalar(suite: SodiumSuite, info: Uint8Array): Scalar {
  return suite.hashToScalar(concat(utf8("Info"), framed(info)));
}

function makeTweak(suite: SodiumSuite, secretKey: Scalar, info: Uint8Array): BoundKey {
  const t = scalar(sodium.crypto_core_ristretto255_scalar_add(secretKey, infoScalar(suite, info)));
  if (isZero(t)) throw new CryptoError("inverse");
  return { t, inverse: suite.invert(t), tweakedKey: suite.multiplyBase(t) };
}

/** The client's way to the same key, from public values. Identity: the public key was chosen to cancel the info out. */
function publicTweak(suite: SodiumSuite, publicKey: Element, info: Uint8Array): Element {
  checkInput(info);
  checkElement(publicKey);
  const tweakedKey = suite.add(suite.multiplyBase(infoScalar(suite, info)), publicKey);
  checkElement(tweakedKey);
  return tweakedKey;
}

function unblind(suite: SodiumSuite, { blind, evaluated }: FinalizeItem): Element {
  const inverse = suite.invert(blind);
  const unblinded = suite.multiply(inverse, evaluated);
  sodium.memzero(inverse);
  return unblinded;
}

function proveFresh(suite: SodiumSuite, k: Scalar, statement: Statement, randomScalar: () => Scalar) {
  const nonce = randomScalar();
  const made = prove(suite, k, statement, nonce);
  sodium.memzero(nonce);
  return made;
}

function checkItems(items: readonly FinalizeItem[], publicKey: Element): void {
  checkBatch(items);
  checkDecodes(publicKey);
  for (const item of items) {
    checkInput(item.input);
    checkScalar(item.blind);
    checkDecodes(item.blinded);
    checkDecodes(item.evaluated);
  }
}

function checkDecodes(point: Element): void {
  checkElement(point);
  if (!sodium.crypto_core_ristretto255_is_valid_point(point)) throw new CryptoError("element_invalid");
}

/** RFC 9497 section 2.1, errata 8392 and 8393: a random scalar is never zero. */
function scalarSource({ randomBytes = webCryptoRandomBytes, randomScalar }: PoprfOptions): () => Scalar {
  const draw = () => {
    const wide = randomBytes(WIDE_SCALAR_BYTES);
    const drawn = sodium.crypto_core_ristretto255_scalar_reduce(wide);
    sodium.memzero(wide);
    return drawn;
  };
  return () => {
    const drawn = scalar(randomScalar === undefined ? draw() : new Uint8Array(randomScalar()));
    checkScalar(drawn);
    return drawn;
  };
}
