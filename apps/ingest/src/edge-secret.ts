import { EDGE_SECRET_HEADER } from "@dit/protocol";
import { ProblemError, type Secret } from "@dit/service-kit";

/** Shown by the edge with every report, so that nobody reaches ingest with a network address attached. */

/** Throws ProblemError `edge_required` unless the request shows the edge's secret. Compares in constant time. */
export function requireEdge(request: Request, edgeSecret: Secret): void {
  const shown = request.headers.get(EDGE_SECRET_HEADER) ?? "";
  if (!edgeSecret.equals(shown)) throw new ProblemError("edge_required");
}
