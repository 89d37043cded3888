import { nowSeconds, ProblemError, readJson, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import { z } from "zod";
import type { AcsContext } from "../context.ts";
import { rotateKeys } from "../keys/rotate-keys.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";
import { planOf } from "./get-key-plan.ts";

const rotationSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) });
const MAX_BODY_BYTES = 4 * 1024;

/** `POST /v1/use-cases/{useCase}/key-rotations`, administrator channel: answers with the plan as it is then. */
export function rotateKeysRoute(context: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    requireBearer(c.req.raw, context.config.adminSecret, "service_unauthenticated");
    const { reason } = await readJson(c.req.raw, rotationSchema, MAX_BODY_BYTES);
    const useCase = c.req.param("useCase") ?? "";
    const before = (await registry.refresh()).get(useCase);
    if (before === undefined) throw new ProblemError("not_found");
    await rotateKeys(context, before, reason);
    const after = (await registry.refresh()).get(useCase) ?? before;
    return c.json(planOf(after, nowSeconds(context.clock)), 200, { "cache-control": "no-store" });
  };
}
