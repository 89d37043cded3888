import { ProblemError, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import { z } from "zod";
import type { AcsContext } from "../context.ts";

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const rangeSchema = z.strictObject({
  after: wholeNumber.default(0),
  limit: wholeNumber.pipe(z.int().min(1).max(1_000)).default(100),
});

/** `GET /v1/audit?after=&limit=`, administrator channel: `{entries}`, oldest first; `after` is the last sequence one has. */
export function readAuditRoute({ config, documents }: AcsContext): Handler {
  return async (c) => {
    requireBearer(c.req.raw, config.adminSecret, "service_unauthenticated");
    const range = rangeSchema.safeParse(c.req.query());
    if (!range.success) {
      throw new ProblemError("malformed_request", {
        detail: "after and limit (1 to 1000) are whole numbers",
      });
    }
    const { after, limit } = range.data;
    const entries = await documents.readAudit(after, limit);
    return c.json({ entries }, 200, { "cache-control": "no-store" });
  };
}
