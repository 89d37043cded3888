import { epochStartSeconds } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";

/** When rotation windows begin, and when their salts die. */
export interface SaltSchedule {
  readonly rotationSeconds: number;
  /** How long after a window's end its last report may be redeemed, and then wait in the log. */
  readonly graceSeconds: number;
}

export function saltScheduleOf({ epoch, pseudonym }: UseCase): SaltSchedule {
  return {
    rotationSeconds: pseudonym.rotationSeconds,
    graceSeconds: epoch.graceSeconds + pseudonym.saltGraceSeconds,
  };
}

/** The rotation window in which an epoch begins, and so ends: a window is a multiple of the epoch's length. */
export function windowOf(
  { rotationSeconds }: SaltSchedule,
  { epoch, epochSeconds }: { readonly epoch: number; readonly epochSeconds: number },
): number {
  return Math.floor(epochStartSeconds(epoch, epochSeconds) / rotationSeconds);
}

/** From this second on, nobody may be able to recompute a `pid` of the window. */
export function destroyAtSeconds({ rotationSeconds, graceSeconds }: SaltSchedule, window: number): number {
  return (window + 1) * rotationSeconds + graceSeconds;
}
