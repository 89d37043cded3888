import { epochEndSeconds } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import { eventWindow, windowAt } from "../measure/event-window.ts";

export interface PlannedWindow {
  readonly window: number;
  /** It is over, and all of its rows are expected to be there. */
  readonly final: boolean;
}

/** Windows that nobody measured in time are made up for, but not for ever: their pids' salts are long gone, and so may their rows be. */
const MAX_LATE_WINDOWS = 3;

/**
 * What is to be measured now: the windows that have ended since the last final measurement, oldest first, and then the one that is open.
 * A window ends for the monitor when no report of it can be redeemed any more and those that were had time to be stored.
 */
export function planWindows(
  useCase: UseCase,
  lastFinalWindow: number | undefined,
  nowSeconds: number,
  settleSeconds: number,
): PlannedWindow[] {
  const open = windowAt(useCase, nowSeconds);
  let ended = open - 1;
  if (nowSeconds < settledAtSeconds(useCase, ended, settleSeconds)) ended -= 1;
  const first = Math.max((lastFinalWindow ?? ended - 1) + 1, ended - MAX_LATE_WINDOWS + 1);
  const late = Array.from({ length: Math.max(0, ended - first + 1) }, (_, index) => first + index);
  const unsettled = Array.from({ length: open - ended }, (_, index) => ended + 1 + index);
  return [
    ...late.map((window) => ({ window, final: true })),
    ...unsettled.map((window) => ({ window, final: false })),
  ];
}

function settledAtSeconds(useCase: UseCase, window: number, settleSeconds: number): number {
  const { seconds, graceSeconds } = useCase.epoch;
  return epochEndSeconds(eventWindow(useCase, window).lastEpoch, seconds) + graceSeconds + settleSeconds;
}
