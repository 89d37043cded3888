import { LIMITS } from "@dit/protocol";
import { redeemRequestSchema } from "@dit/protocol/schemas";
import { type Admission, readJson, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import type { Redeem } from "../redeem/redeem.ts";

/** `POST /v1/redemptions`, service channel. */
export function redeemTokensRoute({ config }: AcsContext, admission: Admission, redeem: Redeem): Handler {
  return async (c) => {
    requireBearer(c.req.raw, config.serviceSecret, "service_unauthenticated");
    const response = await admission.pass(async () => {
      const { items } = await readJson(c.req.raw, redeemRequestSchema, LIMITS.maxRedeemBodyBytes);
      return await redeem(items);
    });
    return c.json(response, 200, { "cache-control": "no-store" });
  };
}
