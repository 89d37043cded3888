import { toBase64Url } from "@dit/crypto-core";
import { nowSeconds, ProblemError, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import { type KeyPlan, keyPlan } from "../keys/key-plan.ts";
import type { UseCaseRegistry, UseCaseState } from "../use-cases/registry.ts";

/** `GET /v1/use-cases/{useCase}/key-plan`, administrator channel. */
export function getKeyPlanRoute({ config, clock }: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    requireBearer(c.req.raw, config.adminSecret, "service_unauthenticated");
    const state = (await registry.refresh()).get(c.req.param("useCase") ?? "");
    if (state === undefined) throw new ProblemError("not_found");
    return c.json(planOf(state, nowSeconds(clock)), 200, { "cache-control": "no-store" });
  };
}

/** With the keys that do not open: they have their place in time all the same. */
export function planOf({ document, keys, unopened }: UseCaseState, now: number): KeyPlan {
  const opened = keys.map(({ publicKey, ...validity }) => ({
    ...validity,
    publicKey: toBase64Url(publicKey),
  }));
  const all = [...opened, ...unopened].sort((a, b) => a.notBefore - b.notBefore);
  return keyPlan(document, all, now);
}
