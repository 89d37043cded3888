import { type Element, element, fromBase64Url } from "@dit/crypto-core";
import { ProblemError } from "@dit/service-kit";

const ELEMENT_BYTES = 32;

/**
 * Decodes a whole batch, or refuses it: 32 bytes each, and none the identity, which encodes as zeros. That an encoding is
 * canonical and on the curve is found by the evaluation, before anything is counted.
 */
export function decodeBlinded(texts: readonly string[]): Element[] {
  return texts.map((text) => {
    const bytes = fromBase64Url(text);
    if (bytes?.length !== ELEMENT_BYTES || bytes.every((byte) => byte === 0)) {
      throw new ProblemError("blinded_element_invalid");
    }
    return element(bytes);
  });
}
