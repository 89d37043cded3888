/**
 * What can go wrong in this package, one code a cause. The messages name no value: a secret can never end up in a log.
 * What a stranger is told of a failure is chosen elsewhere, and is the same for all of these.
 */
const CRYPTO_ERRORS = {
  length: "a byte string has the wrong length",
  range: "a number is out of its range",
  text: "a text is not well-formed Unicode",
  hex: "a text is not hexadecimal",
  input_invalid: "an input maps to the identity element or to no key",
  element_invalid: "an element is not canonical, not on the curve, or the identity",
  scalar_invalid: "a scalar is zero or not below the group order",
  batch_invalid: "a batch is empty, too large, or its parts differ in number",
  proof_invalid: "the proof does not hold for this key and this batch",
  inverse: "secret key and info cancel out: whoever chose the info must be assumed to know the key",
  unseal_failed: "sealed bytes cannot be opened with this key and context",
} as const;

export type CryptoErrorCode = keyof typeof CRYPTO_ERRORS;

/** The only error this package throws on purpose. Decide on `code`, never on `message`. */
export class CryptoError extends Error {
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, options?: ErrorOptions) {
    super(CRYPTO_ERRORS[code], options);
    this.name = "CryptoError";
    this.code = code;
  }
}
