import { mac, token } from "@dit/crypto-core";
import type { confirmRequestSchema } from "@dit/protocol/schemas";
import type { z } from "zod";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";
import { counterExpirySeconds } from "../counter-expiry.ts";
import { coversEpoch } from "../keys/key-ring.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";
import { createCounterNames } from "./counter-names.ts";

type ConfirmItem = z.output<typeof confirmRequestSchema>["items"][number];

export type Confirm = (items: readonly ConfirmItem[]) => Promise<void>;

/** Marks uses as durable. What is not known (any more) is passed over: its report will come to no harm, it is in the log. */
export function createConfirm(parts: {
  readonly context: AcsContext;
  readonly registry: UseCaseRegistry;
  readonly metrics: AcsMetrics;
}): Confirm {
  const { context, registry, metrics } = parts;
  const names = createCounterNames();
  return async (items) => {
    const states = await registry.current();
    const uses = items.flatMap((item) => {
      const state = states.get(item.useCase);
      const key = state?.keys.find((each) => each.keyVersion === item.keyVersion);
      if (state === undefined || key === undefined) return [];
      if (!coversEpoch(key, item.epoch, state.document.epoch.seconds)) return [];
      const epochKey = key.forEpoch(item.epoch);
      return [
        {
          key: names.tokenName(epochKey, token(item.token)),
          member: names.memberOf(epochKey, mac(item.mac)),
          expiresAtSeconds: counterExpirySeconds(state.document.epoch, item.epoch),
        },
      ];
    });
    if (uses.length > 0) await context.counters.confirm(uses);
    metrics.confirmations.inc(uses.length);
  };
}
