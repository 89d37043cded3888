import type { RedeemResult } from "@dit/protocol/schemas";
import type { AcsContext } from "../context.ts";
import { counterExpirySeconds } from "../counter-expiry.ts";
import { coversEpoch, type KeyValidity } from "../keys/key-ring.ts";
import type { KeyEpoch, LiveKey } from "../keys/live-key.ts";
import type { UseCaseStates } from "../use-cases/registry.ts";
import { isOpen } from "./epoch-is-open.ts";

export type RefusalCode = Extract<RedeemResult, { outcome: "refused" }>["code"];

/** What redeems a token, and on what terms. */
export interface RedeemingKey {
  readonly key: LiveKey;
  readonly usesPerToken: number;
  readonly expiresAtSeconds: number;
}

export type FindKey = (of: KeyEpoch) => RedeemingKey | RefusalCode;

/** For one batch: nearly all of its items ask for the same, so that what was found last is remembered. */
export function createFindKey(context: Pick<AcsContext, "clock">, states: UseCaseStates): FindKey {
  let last: KeyEpoch | undefined;
  let found: RedeemingKey | RefusalCode = "use_case_unavailable";
  return (of) => {
    if (last === undefined || !isSame(last, of)) {
      found = findKey(context, states, of);
      last = of;
    }
    return found;
  };
}

function isSame(a: KeyEpoch, b: KeyEpoch): boolean {
  return a.useCase === b.useCase && a.keyVersion === b.keyVersion && a.epoch === b.epoch;
}

function findKey(
  context: Pick<AcsContext, "clock">,
  states: UseCaseStates,
  { useCase, keyVersion, epoch }: KeyEpoch,
): RedeemingKey | RefusalCode {
  const state = states.get(useCase);
  if (state === undefined) return "use_case_unavailable";
  const { document } = state;
  if (!document.enabled) return "use_case_disabled";
  if (!isOpen(context, state, epoch)) return "epoch_expired";
  const covers = (each: KeyValidity) => coversEpoch(each, epoch, document.epoch.seconds);
  if (state.unopened.some(covers)) return "dependency_unavailable";
  const key = state.keys.find(covers);
  if (key === undefined || key.keyVersion !== keyVersion) return "credential_invalid";
  return {
    key,
    usesPerToken: document.usesPerToken,
    expiresAtSeconds: counterExpirySeconds(document.epoch, epoch),
  };
}
