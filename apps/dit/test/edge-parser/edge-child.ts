import { createEdgeService } from "@dit/edge";
import { createLogger, createMetrics, Secret, systemClock } from "@dit/service-kit";
import { EDGE_CHILD_VARIABLE, type EdgeChildMemory, type EdgeChildSetting } from "./edge-process.ts";

/** apps/edge. Answers every message with its memory. */
const { limits, ingestUrl, edgeSecret } = JSON.parse(
  process.env[EDGE_CHILD_VARIABLE] ?? "",
) as EdgeChildSetting;
const metrics = createMetrics("edge");
const edge = createEdgeService({
  clock: systemClock,
  logger: createLogger({ service: "edge", level: "warn" }),
  metrics,
  config: {
    listenHost: "127.0.0.1",
    listenPort: 0,
    adminPort: 0,
    ingestUrl,
    edgeSecret: new Secret(edgeSecret),
    limits,
  },
});
await edge.start();
process.on("message", () => {
  globalThis.gc?.();
  void metrics.value("http_internal_errors_total").then((internalErrors) => {
    const memory = { rssBytes: process.memoryUsage.rss(), internalErrors } satisfies EdgeChildMemory;
    process.send?.(memory);
  });
});
process.on("disconnect", () => void edge.stop());
process.send?.({ url: edge.url });
