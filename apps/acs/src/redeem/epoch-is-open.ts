import { epochStartSeconds, isRedeemable } from "@dit/crypto-core";
import { nowSeconds } from "@dit/service-kit";
import type { AcsContext } from "../context.ts";
import { coversEpoch } from "../keys/key-ring.ts";
import type { KeyEpoch } from "../keys/live-key.ts";
import type { UseCaseState, UseCaseStates } from "../use-cases/registry.ts";

export function isOpen(
  { clock }: Pick<AcsContext, "clock">,
  { document, closedBeforeSeconds }: UseCaseState,
  epoch: number,
): boolean {
  const { seconds: epochSeconds, graceSeconds } = document.epoch;
  return (
    epochStartSeconds(epoch, epochSeconds) >= closedBeforeSeconds &&
    isRedeemable({ epoch, epochSeconds, graceSeconds, nowSeconds: nowSeconds(clock) })
  );
}

/** Whether a key redeems in an epoch now: not once the epoch is over, the key gone or replaced, or the use case switched off. */
export function redeems(
  context: Pick<AcsContext, "clock">,
  states: UseCaseStates,
  { useCase, keyVersion, epoch }: KeyEpoch,
): boolean {
  const state = states.get(useCase);
  if (state === undefined || !state.document.enabled || !isOpen(context, state, epoch)) return false;
  return state.keys.some(
    (key) => key.keyVersion === keyVersion && coversEpoch(key, epoch, state.document.epoch.seconds),
  );
}
