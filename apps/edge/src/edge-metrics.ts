import type { Metrics } from "@dit/service-kit";

/** The edge's own figures, besides those of every service: nothing that an address could be told by. */
export function createEdgeMetrics(metrics: Metrics, readInFlight: () => number): void {
  metrics.reading("reports_in_flight", "Reports on their way to ingest now", readInFlight);
}
