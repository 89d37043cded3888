import type { Poprf } from "@dit/crypto-core";
import type { ClientLimits } from "./client-limits.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { LossReason } from "./losses.ts";
import type { Platform } from "./platform.ts";
import type { Settings } from "./settings.ts";
import type { Timing } from "./timing.ts";

/** What every part of the client works with. */
export interface Context {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly poprf: Poprf;
  readonly timing: Timing;
  readonly limits: ClientLimits;
  readonly account: () => Promise<string>;
  lose(reason: LossReason, count?: number): void;
  tell(diagnostic: Diagnostic): void;
}

/** Uniform in [0, 1). */
export function randomFraction({ platform }: Context): number {
  const bytes = platform.randomBytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
