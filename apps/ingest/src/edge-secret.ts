import { EDGE_SECRET_HEADER } from "@dit/protocol";
import { ProblemError, type Secret } from "@dit/service-kit";

/**
 * Throws ProblemError `edge_required` unless the request shows the edge's secret, without which nobody reaches ingest with a network
 * address attached. Compares in constant time.
 */
export function requireEdge(request: Request, edgeSecret: Secret): void {
  const shown = request.headers.get(EDGE_SECRET_HEADER) ?? "";
  if (!edgeSecret.equals(shown)) throw new ProblemError("edge_required");
}
