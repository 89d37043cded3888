import { keyedHash, type Mac, type Token } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import type { ConfirmUseRequest } from "@dit/storage";
import { counterExpirySeconds } from "../counter-expiry.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { LABELS } from "../labels.ts";

const KEY_BYTES = 16;
const MEMBER_BYTES = 8;

/**
 * What stands for one report's use of a token in the counters: keyed hashes under a key of this epoch that dies with the
 * primary. The member comes from the MAC, so that the same report again is the same use.
 */
export function useOf(
  document: UseCase,
  key: LiveKey,
  item: { readonly epoch: number; readonly token: Token; readonly mac: Mac },
): ConfirmUseRequest {
  const { counterKey } = key.forEpoch(item.epoch);
  return {
    key: keyedHash(counterKey, LABELS.tokenCounter, item.token).slice(0, KEY_BYTES),
    member: keyedHash(counterKey, LABELS.useMember, item.mac).slice(0, MEMBER_BYTES),
    expiresAtSeconds: counterExpirySeconds(document.epoch, item.epoch),
  };
}
