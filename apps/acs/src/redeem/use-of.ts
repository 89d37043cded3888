import { keyedHash, type Mac, type Token } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import type { ConfirmUseRequest } from "@dit/storage";
import type { AcsContext } from "../context.ts";
import { counterExpirySeconds } from "../counter-expiry.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { LABELS } from "../labels.ts";

const KEY_BYTES = 16;
const MEMBER_BYTES = 8;

/** What stands for a token in the counters: a keyed hash under a key of this epoch that dies with the primary. */
export function tokenName(
  { poprf }: Pick<AcsContext, "poprf">,
  key: LiveKey,
  item: { readonly epoch: number; readonly token: Token },
): Uint8Array {
  const { counterKey } = key.forEpoch(item.epoch);
  return keyedHash(counterKey, LABELS.tokenCounter, item.token, poprf.hmac).slice(0, KEY_BYTES);
}

/** One report's use of the token of that name. The member comes from the MAC, so that the same report again is the same use. */
export function useOf(
  { poprf }: Pick<AcsContext, "poprf">,
  document: UseCase,
  key: LiveKey,
  item: { readonly epoch: number; readonly name: Uint8Array; readonly mac: Mac },
): ConfirmUseRequest {
  const { counterKey } = key.forEpoch(item.epoch);
  return {
    key: item.name,
    member: keyedHash(counterKey, LABELS.useMember, item.mac, poprf.hmac).slice(0, MEMBER_BYTES),
    expiresAtSeconds: counterExpirySeconds(document.epoch, item.epoch),
  };
}
