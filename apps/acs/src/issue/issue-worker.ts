/** What a thread of the issue pool runs. */
import { CryptoError, concat, element, scalar } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { elementsIn, type IssueAnswer, type IssueTask } from "./issue-task.ts";

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
