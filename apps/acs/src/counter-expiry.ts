import { epochEndSeconds } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";

/** Clocks of instances and of the counter store may differ by so much. */
const CLOCK_MARGIN_SECONDS = 600;

/**
 * When an epoch's counters may be forgotten. It names the counter in the store together with its key, so that it must be the
 * same for every use: that is why a use case's epoch settings do not change while it has keys.
 */
export function counterExpirySeconds(settings: UseCase["epoch"], epoch: number): number {
  return epochEndSeconds(epoch, settings.seconds) + settings.graceSeconds + CLOCK_MARGIN_SECONDS;
}
