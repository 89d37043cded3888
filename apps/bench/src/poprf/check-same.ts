import { type Element, element, equalConstantTime, type PoprfOutput, proof } from "@dit/crypto-core";
import { type BenchKey, newToken } from "./bench-key.ts";
import {
  answerOf,
  createVoprfTsClient,
  type createVoprfTsServer,
  elementsOf,
  proofOf,
  requestOf,
} from "./voprf-ts.ts";

const TOKENS = 3;

/**
 * Throws unless each side takes the other's answers, proof included, and both make the same outputs of the same tokens: only then is the
 * one's time beside the other's a comparison.
 */
export async function checkSame(key: BenchKey, peer: ReturnType<typeof createVoprfTsServer>): Promise<void> {
  const { poprf, secretKey, publicKey, info } = key;
  const tokens = Array.from({ length: TOKENS }, newToken);
  const outputs = tokens.map((token) => poprf.evaluate(secretKey, token, info));
  const peerOutputs = await Promise.all(tokens.map((token) => peer.evaluate(token, info)));
  requireSame("evaluate to other outputs", outputs, peerOutputs);
  requireSame("our client gets other outputs from voprf-ts", outputs, await ourClient(key, peer, tokens));
  const theirs = await createVoprfTsClient(publicKey).blind(tokens);
  const made = poprf.blindEvaluateBatch(secretKey, elementsOf(theirs.request).map(element), info);
  const finalized = await theirs.finalize(answerOf(made.evaluated, made.proof), info);
  requireSame("voprf-ts' client gets other outputs from us", outputs, finalized);
}

async function ourClient(
  { poprf, publicKey, info }: BenchKey,
  peer: ReturnType<typeof createVoprfTsServer>,
  tokens: readonly Uint8Array[],
): Promise<PoprfOutput[]> {
  const sent = tokens.map((input) => ({ input, ...poprf.blind(input, info, publicKey) }));
  const answer = await peer.blindEvaluateBatch(requestOf(sent.map(({ blinded }) => blinded)), info);
  const evaluated = elementsOf(answer).map(element);
  const items = sent.map((each, index) => ({ ...each, evaluated: elementAt(evaluated, index) }));
  const [{ tweakedKey } = poprf.blind(newToken(), info, publicKey)] = sent;
  return poprf.finalizeBatch(items, proof(proofOf(answer)), info, tweakedKey);
}

function elementAt(elements: readonly Element[], index: number): Element {
  const found = elements[index];
  if (found === undefined) throw new NotTheSameError("voprf-ts answers with fewer elements");
  return found;
}

function requireSame(what: string, ours: readonly Uint8Array[], theirs: readonly Uint8Array[]): void {
  const isSame = ours.every((output, index) => {
    const other = theirs[index];
    return other !== undefined && equalConstantTime(output, other);
  });
  if (!isSame || ours.length !== theirs.length) throw new NotTheSameError(what);
}

class NotTheSameError extends Error {
  override readonly name = "NotTheSameError";
}
