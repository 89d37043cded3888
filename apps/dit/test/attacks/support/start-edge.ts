import { createEdgeService } from "@dit/edge";
import { createLogger, createMetrics, Secret } from "@dit/service-kit";
import { EDGE_SECRET } from "./start-ingest.ts";
import type { Surroundings } from "./surroundings.ts";

/** Starts one instance of an edge. Resolves with its address. */
export type StartEdge = (around: Surroundings, ingestUrl: string) => Promise<string>;

/** apps/edge on a socket. */
export async function startEdge(around: Surroundings, ingestUrl: string): Promise<string> {
  const { clock, writeLog, cleanup } = around;
  const edge = createEdgeService({
    clock,
    metrics: createMetrics("edge"),
    logger: createLogger({ service: "edge", clock, write: writeLog }),
    config: {
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      ingestUrl,
      edgeSecret: new Secret(EDGE_SECRET),
      // All attackers come from one address, and time stands still: limits of rates and of how many at once are another test's matter.
      limits: { ratePerSecond: 1_000_000, rateBurst: 1_000_000, minInFlightRequests: 2_048 },
    },
  });
  await edge.start();
  cleanup.defer(() => edge.stop());
  return edge.url ?? "";
}
