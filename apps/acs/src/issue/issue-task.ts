import { type CryptoErrorCode, type Element, element } from "@dit/crypto-core";

export const ELEMENT_BYTES = 32;

/** What is sent to a thread of the issue pool. */
export interface IssueTask {
  /** `BoundKey`, its parts one after the other, in shared memory. */
  readonly boundKey: Uint8Array;
  /** Elements one after the other. Public, as the answer is. */
  readonly blinded: Uint8Array;
}

export type IssueAnswer =
  | { readonly evaluated: Uint8Array; readonly proof: Uint8Array }
  | { readonly refused: CryptoErrorCode };

/** Of elements that lie one after the other. */
export function elementsIn(bytes: Uint8Array): Element[] {
  return Array.from({ length: bytes.length / ELEMENT_BYTES }, (_, n) =>
    element(bytes.slice(n * ELEMENT_BYTES, (n + 1) * ELEMENT_BYTES)),
  );
}
