import { useCaseIdSchema } from "@dit/protocol/schemas";
import { type Admission, ProblemError, readPresentedReport } from "@dit/service-kit";
import type { Handler } from "hono";
import type { Upstream } from "../upstream.ts";

/** `POST ROUTES.reports(useCase)`, client -> edge -> ingest. 202 with an empty body, whatever ingest's own answer says. */
export function forwardReport(options: {
  readonly upstream: Upstream;
  readonly admission: Admission;
  readonly bodyTimeoutMs: number;
}): Handler {
  const { upstream, admission, bodyTimeoutMs } = options;
  return async (c) => {
    const useCase = useCaseIdSchema.safeParse(c.req.param("useCase"));
    if (!useCase.success) throw new ProblemError("not_found");
    admission.requireRoom();
    const report = await readPresentedReport(c.req.raw, bodyTimeoutMs);
    // Only now: a body that trickles in holds its own connection, and no place that others wait for.
    await admission.pass(() => upstream.forward(useCase.data, report));
    return c.body(null, 202);
  };
}
