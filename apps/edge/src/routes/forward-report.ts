import type { Handler } from "hono";
import type { InFlightGate } from "../in-flight-gate.ts";
import { readPresentedReport } from "../presented-report.ts";
import type { Upstream } from "../upstream.ts";

/** `POST ROUTES.reports(useCase)`, client -> edge -> ingest. 202 with an empty body, whatever ingest's own answer says. */
export function forwardReport(options: {
  readonly upstream: Upstream;
  readonly gate: InFlightGate;
  readonly bodyTimeoutMs: number;
}): Handler {
  const { upstream, gate, bodyTimeoutMs } = options;
  return async (c) => {
    const report = await readPresentedReport(c.req.raw, c.req.param("useCase") ?? "", bodyTimeoutMs);
    // Only now: a body that trickles in holds its own connection, and no place that others wait for.
    await gate.pass(() => upstream.forward(report));
    return c.body(null, 202);
  };
}
