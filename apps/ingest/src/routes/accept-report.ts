import type { Handler } from "hono";
import type { Intake } from "../intake.ts";

/** `POST ROUTES.reports(useCase)`, edge -> ingest. 202 with an empty body: nothing in it that a client could send back. */
export function acceptReport(intake: Intake): Handler {
  return async (c) => {
    await intake.take(c.req.raw, c.req.param("useCase") ?? "");
    return c.body(null, 202);
  };
}
