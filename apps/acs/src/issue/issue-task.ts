import type { CryptoErrorCode } from "@dit/crypto-core";

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
