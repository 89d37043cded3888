import { CryptoError } from "./errors.ts";

/** floor(unix seconds / epochSeconds). Throws CryptoError("range") unless time is at least 0 and the epoch at least 1 s. */
export function epochAt(unixSeconds: number, epochSeconds: number): number {
  if (!Number.isSafeInteger(epochSeconds) || epochSeconds < 1) throw new CryptoError("range");
  const epoch = Math.floor(unixSeconds / epochSeconds);
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new CryptoError("range");
  return epoch;
}

/** Unix seconds of the first instant of an epoch. */
export function epochStartSeconds(epoch: number, epochSeconds: number): number {
  return epoch * epochSeconds;
}

/** Unix seconds of the first instant after an epoch. */
export function epochEndSeconds(epoch: number, epochSeconds: number): number {
  return (epoch + 1) * epochSeconds;
}

/**
 * The current epoch, or the one before it while its grace lasts. Not the next one: a clock that runs ahead would spend
 * tomorrow's uses today. A grace longer than an epoch still reaches back one epoch only.
 */
export function isRedeemable(at: {
  readonly epoch: number;
  readonly epochSeconds: number;
  readonly graceSeconds: number;
  readonly nowSeconds: number;
}): boolean {
  const current = epochAt(at.nowSeconds, at.epochSeconds);
  if (at.epoch === current) return true;
  return (
    at.epoch === current - 1 && at.nowSeconds < epochEndSeconds(at.epoch, at.epochSeconds) + at.graceSeconds
  );
}

/** The current epoch, or the next one: clients fetch ahead. Never a past one: its quota is closed. */
export function isIssuable(at: {
  readonly epoch: number;
  readonly epochSeconds: number;
  readonly nowSeconds: number;
}): boolean {
  const current = epochAt(at.nowSeconds, at.epochSeconds);
  return at.epoch === current || at.epoch === current + 1;
}
