import { epochAt, epochStartSeconds } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import { destroyAtSeconds, type KeyValidity } from "./key-ring.ts";

/** A derived key gives the primary away, so that an epoch is no forward secrecy: few keys live, and each for a bounded time. */
export const MAX_LIVE_KEYS = 2;

export type KeyAction =
  | { readonly action: "destroy"; readonly keyVersion: number }
  | { readonly action: "generate"; readonly notBefore: number; readonly notAfter: number };

type Schedule = Pick<UseCase, "enabled" | "epoch" | "primaryKey">;

/**
 * What is to be done now so that the current and the next epoch have exactly one key each: destroy what has ended, with
 * its grace; then, as long as fewer than two keys live, generate the one that follows. So the next key is published for
 * about one whole rotation before it is used. `keys` are in the order of their validity. A disabled use case gets no keys.
 */
export function planKeyRotation(
  keys: readonly KeyValidity[],
  useCase: Schedule,
  nowSeconds: number,
): KeyAction[] {
  const isOver = (key: KeyValidity) => destroyAtSeconds(key, useCase.epoch.graceSeconds) <= nowSeconds;
  const actions: KeyAction[] = keys
    .filter(isOver)
    .map(({ keyVersion }) => ({ action: "destroy", keyVersion }));
  if (!useCase.enabled) return actions;
  const live = keys.filter((key) => !isOver(key));
  const earliest = currentEpochStart(useCase, nowSeconds);
  let notBefore = Math.max(earliest, alignUp(live.at(-1)?.notAfter ?? 0, useCase.epoch.seconds));
  for (let count = live.length; count < MAX_LIVE_KEYS; count++) {
    const notAfter = notBefore + useCase.primaryKey.rotationSeconds;
    actions.push({ action: "generate", notBefore, notAfter });
    notBefore = notAfter;
  }
  return actions;
}

/** Where the epochs are over for good: their grace has passed too. */
export function closedBefore(useCase: Pick<UseCase, "epoch">, nowSeconds: number): number {
  const { seconds, graceSeconds } = useCase.epoch;
  return nowSeconds < graceSeconds
    ? 0
    : epochStartSeconds(epochAt(nowSeconds - graceSeconds, seconds), seconds);
}

function currentEpochStart(useCase: Pick<UseCase, "epoch">, nowSeconds: number): number {
  const { seconds } = useCase.epoch;
  return epochStartSeconds(epochAt(nowSeconds, seconds), seconds);
}

function alignUp(atSeconds: number, epochSeconds: number): number {
  return Math.ceil(atSeconds / epochSeconds) * epochSeconds;
}
