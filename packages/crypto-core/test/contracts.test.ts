/** What every implementation of `Poprf` refuses, with the same code. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  concat,
  type Element,
  element,
  fromHex,
  type Proof,
  proof,
  type Scalar,
  scalar,
} from "../src/index.ts";
import type { Blinded, FinalizeItem, KeyPair, Poprf } from "../src/poprf/poprf.ts";
import { implementations } from "./implementations.ts";

const GROUP_ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
const IDENTITY = element(new Uint8Array(32));
const INFO = Uint8Array.of(1, 2, 3);
const ONE_MORE_THAN_FITS = new Uint8Array(65536);

/** -m for INFO, where m = HashToScalar("Info" || framed(INFO)): made once with noble's hasher, outside this package. */
const CANCELLED_BY_INFO = "774205702a0d9d45fc306a226475bbaba28ee6d2b9944c547bb50c79e605820f";

/** RFC 9496 appendix A.3: encodings that are negative, above the field's prime, or no square. */
const BAD_ENCODINGS = {
  "a non-canonical field element": "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "a field element above the prime": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "a negative field element": "0100000000000000000000000000000000000000000000000000000000000000",
  "a non-square x^2": "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
  "a negative x*y": "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
  "s = -1, so y = 0": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

describe.each(implementations)("$name refuses", ({ createPoprf }) => {
  let poprf: Poprf;
  let keys: KeyPair;
  let good: Batch;
  beforeAll(async () => {
    poprf = await createPoprf();
    keys = poprf.deriveKeyPair(new Uint8Array(32).fill(7), INFO);
    good = issue(poprf, keys, 3);
  });

  const badElements = [
    ["the identity", IDENTITY],
    ["a short one", shorten(new Uint8Array(32).fill(2))],
    ["a long one", new Uint8Array(33).fill(2) as Element],
    ...Object.entries(BAD_ENCODINGS).map(([name, hex]) => [name, element(fromHex(hex))] as const),
  ] as const;

  it.each(badElements)("as a blinded element: %s, and with it the whole batch", (_name, bad) => {
    const [first, second] = good.items;
    const batch = [first.blinded, bad, second.blinded];
    expect(() => poprf.blindEvaluateBatch(keys.secretKey, batch, INFO)).toThrow(code("element_invalid"));
  });

  it.each(badElements)("as an evaluated element: %s", (_name, bad) => {
    const items = good.items.map((item, i) => (i === 1 ? { ...item, evaluated: bad } : item));
    expect(() => poprf.finalizeBatch(items, good.proof, INFO, good.tweakedKey)).toThrow(
      code("element_invalid"),
    );
  });

  it.each(badElements)("as a public key: %s", (_name, bad) => {
    expect(() => poprf.blind(Uint8Array.of(1), INFO, bad)).toThrow(code("element_invalid"));
    expect(() => poprf.finalizeBatch(good.items, good.proof, INFO, bad)).toThrow(code("element_invalid"));
  });

  it.each([
    ["zero", new Uint8Array(32)],
    ["the group order", GROUP_ORDER],
    ["one above the group order", GROUP_ORDER.with(0, 0xee)],
    ["all ones", new Uint8Array(32).fill(0xff)],
    ["short", new Uint8Array(31).fill(1)],
    ["long", new Uint8Array(33).fill(1)],
  ])("as a scalar: %s, never reduced silently", (_name, bytes) => {
    const bad = bytes as Scalar;
    const { blinded } = good.items[0];
    expect(() => poprf.publicKeyOf(bad)).toThrow(code("scalar_invalid"));
    expect(() => poprf.evaluate(bad, Uint8Array.of(1), INFO)).toThrow(code("scalar_invalid"));
    expect(() => poprf.blindEvaluateBatch(bad, [blinded], INFO)).toThrow(code("scalar_invalid"));
    const items = good.items.map((item) => ({ ...item, blind: bad }));
    expect(() => poprf.finalizeBatch(items, good.proof, INFO, good.tweakedKey)).toThrow(
      code("scalar_invalid"),
    );
  });

  it("nothing about the largest scalar there is", () => {
    const largest = scalar(GROUP_ORDER.with(0, 0xec));
    expect(poprf.publicKeyOf(largest)).toHaveLength(32);
  });

  it("a random source that gives zero", async () => {
    const stuck = await createPoprf({ randomScalar: () => scalar(new Uint8Array(32)) });
    expect(() => stuck.blind(Uint8Array.of(1), INFO, keys.publicKey)).toThrow(code("scalar_invalid"));
    expect(() => stuck.generateKeyPair()).toThrow(code("scalar_invalid"));
    const blinded = good.items.map((item) => item.blinded);
    expect(() => stuck.blindEvaluateBatch(keys.secretKey, blinded, INFO)).toThrow(code("scalar_invalid"));
  });

  it("an empty batch", () => {
    expect(() => poprf.blindEvaluateBatch(keys.secretKey, [], INFO)).toThrow(code("batch_invalid"));
    expect(() => poprf.finalizeBatch([], good.proof, INFO, good.tweakedKey)).toThrow(code("batch_invalid"));
  });

  it("a batch whose elements cannot be numbered in two bytes", () => {
    const blinded = new Array<Element>(65536).fill(good.items[0].blinded);
    expect(() => poprf.blindEvaluateBatch(keys.secretKey, blinded, INFO)).toThrow(code("batch_invalid"));
  });

  it("inputs, info and seeds of the wrong length", () => {
    const { secretKey, publicKey } = keys;
    expect(() => poprf.blind(ONE_MORE_THAN_FITS, INFO, publicKey)).toThrow(code("length"));
    expect(() => poprf.blind(INFO, ONE_MORE_THAN_FITS, publicKey)).toThrow(code("length"));
    expect(() => poprf.evaluate(secretKey, ONE_MORE_THAN_FITS, INFO)).toThrow(code("length"));
    expect(() => poprf.evaluate(secretKey, INFO, ONE_MORE_THAN_FITS)).toThrow(code("length"));
    expect(() => poprf.deriveKeyPair(new Uint8Array(31), INFO)).toThrow(code("length"));
    expect(() => poprf.deriveKeyPair(new Uint8Array(33), INFO)).toThrow(code("length"));
    expect(() => poprf.deriveKeyPair(new Uint8Array(32), ONE_MORE_THAN_FITS)).toThrow(code("length"));
  });

  it.each([
    ["a flipped bit in the challenge", (bytes: Uint8Array) => bytes.with(3, (bytes[3] ?? 0) ^ 1)],
    ["a flipped bit in the response", (bytes: Uint8Array) => bytes.with(40, (bytes[40] ?? 0) ^ 1)],
    ["zeros", () => new Uint8Array(64)],
    ["a challenge not below the order", (bytes: Uint8Array) => concat(GROUP_ORDER, bytes.subarray(32))],
    ["the same response, written above the order", (bytes: Uint8Array) => plusOrder(bytes)],
    ["one byte less", (bytes: Uint8Array) => bytes.subarray(1)],
    ["one byte more", (bytes: Uint8Array) => concat(bytes, Uint8Array.of(0))],
  ])("a proof with %s", (_name, change) => {
    const bad = change(good.proof) as Proof;
    expect(() => poprf.finalizeBatch(good.items, bad, INFO, good.tweakedKey)).toThrow(code("proof_invalid"));
  });

  it("a good proof for anything else: order, part of the batch, info, key, another batch", () => {
    const finalize = (items: readonly FinalizeItem[], batchProof: Proof, tweakedKey: Element) => () =>
      poprf.finalizeBatch(items, batchProof, INFO, tweakedKey);
    const [a, b, c] = good.items;
    const swapped = [{ ...a, evaluated: b.evaluated }, { ...b, evaluated: a.evaluated }, c];
    const otherInfo = poprf.blind(Uint8Array.of(1), Uint8Array.of(9), keys.publicKey).tweakedKey;
    expect(finalize(swapped, good.proof, good.tweakedKey)).toThrow(code("proof_invalid"));
    expect(finalize([b, a, c], good.proof, good.tweakedKey)).toThrow(code("proof_invalid"));
    expect(finalize([a, b], good.proof, good.tweakedKey)).toThrow(code("proof_invalid"));
    expect(finalize([a, b, c, c], good.proof, good.tweakedKey)).toThrow(code("proof_invalid"));
    expect(finalize(good.items, good.proof, otherInfo)).toThrow(code("proof_invalid"));
    expect(finalize(good.items, good.proof, keys.publicKey)).toThrow(code("proof_invalid"));
    expect(finalize(good.items, issue(poprf, keys, 3).proof, good.tweakedKey)).toThrow(code("proof_invalid"));
    expect(finalize(good.items, good.proof, good.tweakedKey)()).toHaveLength(3);
  });

  it("an issuer with another key than the pinned one", () => {
    const foreign = poprf.generateKeyPair();
    const blinded = good.items.map((item) => item.blinded);
    const answer = poprf.blindEvaluateBatch(foreign.secretKey, blinded, INFO);
    const items = good.items.map((item, i) => ({ ...item, evaluated: answer.evaluated[i] ?? IDENTITY }));
    expect(() => poprf.finalizeBatch(items, answer.proof, INFO, good.tweakedKey)).toThrow(
      code("proof_invalid"),
    );
  });

  it("a secret key that the info cancels out (sk + m = 0), and the public key of such a one", () => {
    const cancelled = scalar(fromHex(CANCELLED_BY_INFO));
    const { blinded } = good.items[0];
    expect(() => poprf.evaluate(cancelled, Uint8Array.of(1), INFO)).toThrow(code("inverse"));
    expect(() => poprf.blindEvaluateBatch(cancelled, [blinded], INFO)).toThrow(code("inverse"));
    const publicKey = poprf.publicKeyOf(cancelled);
    expect(() => poprf.blind(Uint8Array.of(1), INFO, publicKey)).toThrow(code("element_invalid"));
  });
});

type Item = Blinded & FinalizeItem;
type Batch = { items: [Item, Item, Item]; proof: Proof; tweakedKey: Element };

function issue(poprf: Poprf, keys: KeyPair, count: 3): Batch {
  const inputs = Array.from({ length: count }, (_, i) => Uint8Array.of(i));
  const blinded = inputs.map((input) => ({ input, ...poprf.blind(input, INFO, keys.publicKey) }));
  const answer = poprf.blindEvaluateBatch(
    keys.secretKey,
    blinded.map((item) => item.blinded),
    INFO,
  );
  const [a, b, c] = blinded.map((item, i) => ({ ...item, evaluated: answer.evaluated[i] ?? IDENTITY }));
  if (a === undefined || b === undefined || c === undefined) throw new Error("the batch has three items");
  return { items: [a, b, c], proof: answer.proof, tweakedKey: a.tweakedKey };
}

function code(expected: string) {
  return expect.objectContaining({ name: "CryptoError", code: expected });
}

function shorten(bytes: Uint8Array): Element {
  return bytes.subarray(1) as Element;
}

/** s + order names the same number mod the order: a verifier that reduces would take a second spelling of a proof. */
function plusOrder(bytes: Uint8Array): Uint8Array {
  const changed = proof(bytes.slice());
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    carry += (changed[32 + i] ?? 0) + (GROUP_ORDER[i] ?? 0);
    changed[32 + i] = carry & 0xff;
    carry >>= 8;
  }
  return changed;
}
