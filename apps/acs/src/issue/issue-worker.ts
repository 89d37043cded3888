/** What a thread of the issue pool runs. */
import { CryptoError, concat, type Element, element, scalar } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import type { IssueAnswer, IssueTask } from "./issue-task.ts";

const ELEMENT_BYTES = 32;

const ready = createLibsodiumPoprf();

/** The key is used where it lies, in memory that the main thread shares and overwrites: this one keeps nothing of it. */
export async function evaluateBatch({ boundKey, blinded }: IssueTask): Promise<IssueAnswer> {
  const poprf = await ready;
  const key = {
    t: scalar(boundKey.subarray(0, 32)),
    inverse: scalar(boundKey.subarray(32, 64)),
    tweakedKey: element(boundKey.subarray(64)),
  };
  try {
    const { evaluated, proof } = poprf.blindEvaluateBound(key, elementsIn(blinded));
    return { evaluated: concat(...evaluated), proof };
  } catch (error) {
    // An error's class and code do not survive the way to another thread.
    if (error instanceof CryptoError) return { refused: error.code };
    throw error;
  }
}

function elementsIn(bytes: Uint8Array): Element[] {
  return Array.from({ length: bytes.length / ELEMENT_BYTES }, (_, n) =>
    element(bytes.slice(n * ELEMENT_BYTES, (n + 1) * ELEMENT_BYTES)),
  );
}
