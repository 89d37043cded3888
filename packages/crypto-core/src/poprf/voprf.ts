import type { Element, PoprfOutput, Proof, Scalar } from "../bytes.ts";
import type { Blinded, EvaluatedBatch, FinalizeItem, KeyPair } from "./poprf.ts";

/**
 * RFC 9497 mode 0x01: the same without an info. DIT does not use it; it is here because it shares the proof with mode
 * 0x02 and so lets the RFC's other vectors test that proof. Never use one key in both modes (section 5).
 */
export interface Voprf {
  deriveKeyPair(seed: Uint8Array, keyInfo: Uint8Array): KeyPair;
  blind(input: Uint8Array): Omit<Blinded, "tweakedKey">;
  blindEvaluateBatch(secretKey: Scalar, blinded: readonly Element[]): EvaluatedBatch;
  finalizeBatch(items: readonly FinalizeItem[], proof: Proof, publicKey: Element): PoprfOutput[];
}
