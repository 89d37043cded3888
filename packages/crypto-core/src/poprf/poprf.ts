/**
 * The partially oblivious PRF of RFC 9497 (mode 0x02), ristretto255-SHA512. The issuer evaluates an element without
 * learning the token in it, under a key bound to a public `info`, and proves that it used the key the client pinned.
 *
 * Misuse costs: one key in two modes or a reused blind gives up unlinkability; a secret key bound to one `info`
 * (1 / (sk + m)) reveals the primary key, so neither ever leaves the issuer.
 *
 * Every method throws CryptoError: "element_invalid", "scalar_invalid", "batch_invalid", "length", "input_invalid".
 */
import type { Element, PoprfOutput, Proof, Scalar } from "../bytes.ts";
import type { RandomBytes } from "../random-bytes.ts";

export interface Poprf {
  readonly suite: "ristretto255-SHA512";

  generateKeyPair(): KeyPair;
  /** RFC 9497 section 3.2.1: the same pair for the same 32-byte seed and keyInfo. */
  deriveKeyPair(seed: Uint8Array, keyInfo: Uint8Array): KeyPair;
  publicKeyOf(secretKey: Scalar): Element;

  /** Client. Input and blind are kept; only `blinded` is sent. Draws a new blind each time. */
  blind(input: Uint8Array, info: Uint8Array, publicKey: Element): Blinded;

  /**
   * Issuer. One proof for the whole batch; one bad element refuses all of it. `CryptoError("inverse")` says that the
   * info cancels the key out: page the operator and replace the key (section 3.3.3).
   */
  blindEvaluateBatch(secretKey: Scalar, blinded: readonly Element[], info: Uint8Array): EvaluatedBatch;

  /** Client. Verifies the proof first; throws CryptoError("proof_invalid") and returns nothing if it does not hold. */
  finalizeBatch(
    items: readonly FinalizeItem[],
    proof: Proof,
    info: Uint8Array,
    tweakedKey: Element,
  ): PoprfOutput[];

  /** Redeemer. What `finalizeBatch` gives for the same input, info and key. May throw CryptoError("inverse"). */
  evaluate(secretKey: Scalar, input: Uint8Array, info: Uint8Array): PoprfOutput;
}

export type KeyPair = { readonly secretKey: Scalar; readonly publicKey: Element };

export type Blinded = {
  /** Kept by the client: with it, `blinded` gives the token away. */
  readonly blind: Scalar;
  readonly blinded: Element;
  /** The public key of this info, made by the client itself from the pinned primary public key. */
  readonly tweakedKey: Element;
};

export type EvaluatedBatch = { readonly evaluated: Element[]; readonly proof: Proof };

export type FinalizeItem = {
  readonly input: Uint8Array;
  readonly blind: Scalar;
  readonly blinded: Element;
  readonly evaluated: Element;
};

export type PoprfOptions = {
  readonly randomBytes?: RandomBytes;
  /** For test vectors: replaces the drawing of every blind, proof nonce and secret key. */
  readonly randomScalar?: () => Scalar;
};
