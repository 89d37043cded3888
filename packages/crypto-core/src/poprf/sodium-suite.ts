import type Sodium from "libsodium-wrappers-sumo";
import {
  concat,
  type Element,
  element,
  type PoprfOutput,
  poprfOutput,
  type Scalar,
  scalar,
} from "../bytes.ts";
import { CryptoError } from "../errors.ts";
import { framed, utf8 } from "../framing.ts";
import { checkInput, checkScalar, checkSeed, isZero } from "./checks.ts";
import type { KeyPair } from "./poprf.ts";

// RFC 9380 section 5.3.1: what expand_message_xmd puts around a message, for 64 bytes of output.
const EMPTY_BLOCK = new Uint8Array(128);
const UNIFORM_BYTES_AND_ZERO = Uint8Array.of(0, 64, 0);
const ONE = Uint8Array.of(1);

const FINALIZE = utf8("Finalize");

/** ristretto255-SHA512 of RFC 9497 section 4.1 in one mode, on libsodium: constant time in every secret. */
export type SodiumSuite = ReturnType<typeof createSodiumSuite>;

export function createSodiumSuite(sodium: typeof Sodium, mode: 1 | 2) {
  // Section 3.1: the mode is part of every domain, so that nothing made in one mode serves in another.
  const context = concat(utf8("OPRFV1-"), Uint8Array.of(mode), utf8("-ristretto255-SHA512"));
  const groupDomain = domainPrime("HashToGroup-", context);
  const scalarDomain = domainPrime("HashToScalar-", context);
  const keyDomain = domainPrime("DeriveKeyPair", context);
  const seedDomain = concat(utf8("Seed-"), context);

  const sha512 = (...parts: readonly Uint8Array[]) => sodium.crypto_hash_sha512(concat(...parts));

  /** RFC 9380 section 5.3.1 for one block of output, which is all that either hash needs. */
  function expandMessage(message: Uint8Array, domain: Uint8Array): Uint8Array {
    const b0 = sha512(EMPTY_BLOCK, message, UNIFORM_BYTES_AND_ZERO, domain);
    return sha512(b0, ONE, domain);
  }

  function hashToScalarIn(domain: Uint8Array, message: Uint8Array): Scalar {
    return scalar(sodium.crypto_core_ristretto255_scalar_reduce(expandMessage(message, domain)));
  }

  const hashToScalar = (message: Uint8Array) => hashToScalarIn(scalarDomain, message);

  /** Section 3.3: an input that maps to the identity would give away nothing but itself; refused. */
  function hashToGroup(input: Uint8Array): Element {
    checkInput(input);
    const point = element(sodium.crypto_core_ristretto255_from_hash(expandMessage(input, groupDomain)));
    if (isZero(point)) throw new CryptoError("input_invalid");
    return point;
  }

  /** Refuses what does not decode, and what gives the identity; with a scalar in range only the identity does. */
  function multiply(factor: Scalar, point: Element): Element {
    try {
      return element(sodium.crypto_scalarmult_ristretto255(factor, point));
    } catch (cause) {
      throw new CryptoError("element_invalid", { cause });
    }
  }

  function multiplyBase(factor: Scalar): Element {
    checkScalar(factor);
    return element(sodium.crypto_scalarmult_ristretto255_base(factor));
  }

  function add(a: Element, b: Element): Element {
    try {
      return element(sodium.crypto_core_ristretto255_add(a, b));
    } catch (cause) {
      throw new CryptoError("element_invalid", { cause });
    }
  }

  /** Section 3.2.1. */
  function deriveKeyPair(seed: Uint8Array, keyInfo: Uint8Array): KeyPair {
    checkSeed(seed);
    const message = concat(seed, framed(keyInfo), Uint8Array.of(0));
    for (let counter = 0; counter <= 255; counter++) {
      message[message.length - 1] = counter;
      const secretKey = hashToScalarIn(keyDomain, message);
      if (!isZero(secretKey)) return { secretKey, publicKey: multiplyBase(secretKey) };
    }
    throw new CryptoError("input_invalid");
  }

  /** Section 3.3: the last hash of Finalize and Evaluate. `parts` are the input, in mode 2 the info, and the element. */
  function output(...parts: readonly Uint8Array[]): PoprfOutput {
    return poprfOutput(sha512(framed(...parts), FINALIZE));
  }

  return {
    sodium,
    seedDomain,
    sha512,
    hashToScalar,
    hashToGroup,
    multiply,
    multiplyBase,
    add,
    deriveKeyPair,
    output,
    invert: (value: Scalar) => scalar(sodium.crypto_core_ristretto255_scalar_invert(value)),
  };
}

/** RFC 9380 section 5.3.1: a domain separation tag ends in its own length. */
function domainPrime(label: string, context: Uint8Array): Uint8Array {
  const domain = concat(utf8(label), context);
  return concat(domain, Uint8Array.of(domain.length));
}
