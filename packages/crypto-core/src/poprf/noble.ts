/**
 * RFC 9497 on @noble/curves, for clients: pure JavaScript, runs everywhere, small.
 *
 * The issuer's and redeemer's methods work and agree with every other implementation, but are for tests and tools, not
 * for servers: noble's multiplication of a non-base point by a long-lived secret is not blinded, so its time can tell
 * of the secret. Servers use `@dit/crypto-core/libsodium`.
 */
import { mapHashToField } from "@noble/curves/abstract/modular.js";
import type { OPRFFinalizeItem } from "@noble/curves/abstract/oprf.js";
import { ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { element, equalConstantTime, poprfOutput, proof, type Scalar, scalar } from "../bytes.ts";
import { CryptoError, type CryptoErrorCode } from "../errors.ts";
import { webCryptoRandomBytes } from "../random-bytes.ts";
import { checkBatch, checkElement, checkInput, checkScalar, checkSeed } from "./checks.ts";
import type { FinalizeItem, KeyPair, Poprf, PoprfOptions } from "./poprf.ts";
import type { Voprf } from "./voprf.ts";

const { Point } = ristretto255;
/** Half as many bytes again as a scalar has: then the bias of reducing them is below 2^-128. */
const WIDE_SCALAR_BYTES = 48;

export function createNoblePoprf(options: PoprfOptions = {}): Poprf {
  const rng = scalarSource(options);
  const suiteFor = lastSuite();
  return {
    suite: "ristretto255-SHA512",
    generateKeyPair() {
      const secretKey = scalar(mapHashToField(rng(), Point.Fn.ORDER, true));
      return { secretKey, publicKey: publicKeyOf(secretKey) };
    },
    deriveKeyPair: (seed, keyInfo) => derive(suiteOf(new Uint8Array()), seed, keyInfo),
    publicKeyOf,
    blind(input, info, publicKey) {
      checkInput(input);
      checkElement(publicKey);
      const made = orThrow("element_invalid", [], () => suiteFor(info).blind(input, publicKey, rng));
      return {
        blind: scalar(made.blind),
        blinded: element(made.blinded),
        tweakedKey: element(made.tweakedKey),
      };
    },
    blindEvaluateBatch(secretKey, blinded, info) {
      checkScalar(secretKey);
      checkBatch(blinded);
      blinded.forEach(checkElement);
      const made = orThrow("inverse", blinded, () =>
        suiteFor(info).blindEvaluateBatch(secretKey, [...blinded], rng),
      );
      return { evaluated: made.evaluated.map(element), proof: proof(made.proof) };
    },
    finalizeBatch(items, batchProof, info, tweakedKey) {
      checkItems(items, tweakedKey);
      const nobleItems = items.map(toNobleItem);
      const outputs = orThrow("proof_invalid", elementsOf(items, tweakedKey), () =>
        suiteFor(info).finalizeBatch(nobleItems, batchProof, tweakedKey),
      );
      return outputs.map(poprfOutput);
    },
    evaluate(secretKey, input, info) {
      checkScalar(secretKey);
      checkInput(input);
      return poprfOutput(orThrow("inverse", [], () => suiteFor(info).evaluate(secretKey, input)));
    },
  };
}

export function createNobleVoprf(options: PoprfOptions = {}): Voprf {
  const rng = scalarSource(options);
  const suite = ristretto255_oprf.voprf;
  return {
    deriveKeyPair: (seed, keyInfo) => derive(suite, seed, keyInfo),
    blind(input) {
      checkInput(input);
      const made = orThrow("input_invalid", [], () => suite.blind(input, rng));
      return { blind: scalar(made.blind), blinded: element(made.blinded) };
    },
    blindEvaluateBatch(secretKey, blinded) {
      checkScalar(secretKey);
      checkBatch(blinded);
      blinded.forEach(checkElement);
      const made = orThrow("input_invalid", blinded, () =>
        suite.blindEvaluateBatch(secretKey, publicKeyOf(secretKey), [...blinded], rng),
      );
      return { evaluated: made.evaluated.map(element), proof: proof(made.proof) };
    },
    finalizeBatch(items, batchProof, publicKey) {
      checkItems(items, publicKey);
      const nobleItems = items.map(toNobleItem);
      return orThrow("proof_invalid", elementsOf(items, publicKey), () =>
        suite.finalizeBatch(nobleItems, publicKey, batchProof),
      ).map(poprfOutput);
    },
  };
}

function publicKeyOf(secretKey: Scalar) {
  checkScalar(secretKey);
  return element(Point.BASE.multiply(Point.Fn.fromBytes(secretKey)).toBytes());
}

function derive(
  suite: {
    deriveKeyPair(seed: Uint8Array, keyInfo: Uint8Array): { secretKey: Uint8Array; publicKey: Uint8Array };
  },
  seed: Uint8Array,
  keyInfo: Uint8Array,
): KeyPair {
  checkSeed(seed);
  checkInput(keyInfo);
  const made = orThrow("input_invalid", [], () => suite.deriveKeyPair(seed, keyInfo));
  return { secretKey: scalar(made.secretKey), publicKey: element(made.publicKey) };
}

/** A batch is blinded under one info, and the group work for an info is worth a token's: keep the last one. */
function lastSuite() {
  let last: { info: Uint8Array; suite: ReturnType<typeof suiteOf> } | undefined;
  return (info: Uint8Array) => {
    checkInput(info);
    const kept = last !== undefined && equalConstantTime(last.info, info) ? last : undefined;
    last = kept ?? { info: new Uint8Array(info), suite: suiteOf(info) };
    return last.suite;
  };
}

function suiteOf(info: Uint8Array) {
  return ristretto255_oprf.poprf(info);
}

/** noble draws a scalar as 1 + (48 bytes, little-endian, mod (order - 1)); a given scalar is fed to it that way. */
function scalarSource({ randomBytes = webCryptoRandomBytes, randomScalar }: PoprfOptions) {
  return (lengthBytes = WIDE_SCALAR_BYTES): Uint8Array<ArrayBuffer> => {
    if (randomScalar === undefined) return new Uint8Array(randomBytes(lengthBytes));
    const given = randomScalar();
    checkScalar(given);
    const bytes = new Uint8Array(lengthBytes);
    bytes.set(Point.Fn.toBytes(Point.Fn.fromBytes(given) - 1n));
    return bytes;
  };
}

/**
 * noble throws plain errors. Which element did not decode is looked for only after a failure: looking first would decode
 * everything twice.
 */
function orThrow<Result>(code: CryptoErrorCode, elements: readonly Uint8Array[], run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof CryptoError) throw cause;
    throw new CryptoError(elements.every(decodes) ? code : "element_invalid", { cause });
  }
}

function decodes(bytes: Uint8Array): boolean {
  try {
    Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

function checkItems(items: readonly FinalizeItem[], publicKey: Uint8Array): void {
  checkBatch(items);
  checkElement(publicKey);
  for (const item of items) {
    checkInput(item.input);
    checkScalar(item.blind);
    checkElement(item.blinded);
    checkElement(item.evaluated);
  }
}

function elementsOf(items: readonly FinalizeItem[], publicKey: Uint8Array): Uint8Array[] {
  return [publicKey, ...items.flatMap((item) => [item.blinded, item.evaluated])];
}

function toNobleItem({ input, blind, blinded, evaluated }: FinalizeItem): OPRFFinalizeItem {
  return { input, blind, blinded, evaluated };
}
