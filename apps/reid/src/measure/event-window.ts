import { epochEndSeconds, epochStartSeconds } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";

const DAY_SECONDS = 86_400;

/** Where in an event's table the rows of one rotation window are: in it alone a client has one pid. */
export interface EventWindow {
  readonly window: number;
  readonly firstEpoch: number;
  readonly lastEpoch: number;
  /** Days since 1970 of the partitions that may hold them. */
  readonly firstDay: number;
  readonly lastDay: number;
}

export function eventWindow({ epoch, pseudonym }: UseCase, window: number): EventWindow {
  const epochs = pseudonym.rotationSeconds / epoch.seconds;
  const firstEpoch = window * epochs;
  const lastEpoch = firstEpoch + epochs - 1;
  // A report is accepted no sooner than its epoch begins, and no later than its grace ends.
  const firstSecond = epochStartSeconds(firstEpoch, epoch.seconds);
  const lastSecond = epochEndSeconds(lastEpoch, epoch.seconds) + epoch.graceSeconds;
  return {
    window,
    firstEpoch,
    lastEpoch,
    firstDay: Math.floor(firstSecond / DAY_SECONDS),
    lastDay: Math.floor(lastSecond / DAY_SECONDS),
  };
}

/** The rotation window that a moment falls in. */
export function windowAt({ pseudonym }: UseCase, unixSeconds: number): number {
  return Math.floor(unixSeconds / pseudonym.rotationSeconds);
}
