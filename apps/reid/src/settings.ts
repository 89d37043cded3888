import type { Secret } from "@dit/service-kit";

/** What the monitor needs to know about its surroundings; a part of what `loadReidConfig` reads. */
export interface ReidSettings {
  readonly listenHost: string;
  readonly adminPort: number;
  /** From the end of one run to the start of the next; longer, if a run takes long, by `restAfterMs`. */
  readonly intervalMs: number;
  /** How long after a window's last redeemable report all of its rows are expected to be stored. */
  readonly settleSeconds: number;
  /** Gets every alert as it opens, escalates and closes. */
  readonly webhook: { readonly url: string; readonly secret: Secret } | undefined;
  /** `http://alertmanager:9093`; gets every open alert at each run. */
  readonly alertmanagerUrl: string | undefined;
  /** Where people read about an alert. */
  readonly runbookUrl: string;
}
