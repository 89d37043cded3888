import { LIMITS } from "@dit/protocol";
import { confirmRequestSchema } from "@dit/protocol/schemas";
import { type Admission, readJson, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import type { Confirm } from "../redeem/confirm.ts";

/** `POST /v1/redemptions/confirm`, service channel. */
export function confirmRedemptionsRoute(
  { config }: AcsContext,
  admission: Admission,
  confirm: Confirm,
): Handler {
  return async (c) => {
    requireBearer(c.req.raw, config.serviceSecret, "service_unauthenticated");
    await admission.pass(async () => {
      const { items } = await readJson(c.req.raw, confirmRequestSchema, LIMITS.maxRedeemBodyBytes);
      await confirm(items);
    });
    return c.body(null, 204);
  };
}
