import { deriveMacKey, type MacKey, type Token } from "@dit/crypto-core";
import type { AcsContext } from "../context.ts";
import type { LiveKey } from "../keys/live-key.ts";

/** The key of a token's MACs, derived anew: nearly all that a first redemption costs. Any 32 bytes have one. */
export function macKeyFor(
  { poprf }: Pick<AcsContext, "poprf">,
  key: LiveKey,
  epoch: number,
  token: Token,
): MacKey {
  const output = poprf.evaluate(key.secretKey, token, key.forEpoch(epoch).info);
  const macKey = deriveMacKey(output);
  output.fill(0);
  return macKey;
}
