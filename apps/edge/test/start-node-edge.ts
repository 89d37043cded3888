import {
  createLogger,
  createManualClock,
  createMetrics,
  type ManualClock,
  type Metrics,
  Secret,
} from "@dit/service-kit";
import type { EdgeContext } from "../src/context.ts";
import { createEdgeService } from "../src/service.ts";
import type { EdgeUnderTest, StartEdge } from "./edge-under-test.ts";

export interface NodeEdge extends EdgeUnderTest {
  readonly clock: ManualClock;
  readonly metrics: Metrics;
}

/** apps/edge itself, with a clock that stands still. */
export async function startNodeEdge(
  { ingestUrl, edgeSecret, limits }: Parameters<StartEdge>[0],
  more: Pick<EdgeContext, "ingestFetch"> = {},
): Promise<NodeEdge> {
  const clock = createManualClock(Date.UTC(2026, 0, 15));
  const metrics = createMetrics("edge");
  const logLines: string[] = [];
  const edge = createEdgeService({
    clock,
    metrics,
    ...more,
    logger: createLogger({ service: "edge", clock, write: (line) => logLines.push(line) }),
    config: {
      ...{ listenHost: "127.0.0.1", listenPort: 0, adminPort: 0 },
      ...{ ingestUrl, edgeSecret: new Secret(edgeSecret), limits },
    },
  });
  await edge.start();
  return {
    url: edge.url ?? "",
    adminUrl: edge.adminUrl ?? "",
    clock,
    metrics,
    stop: () => edge.stop(),
    pass: async (durationMs) => clock.advance(durationMs),
    told: async () => [await metrics.text(), ...logLines].join("\n"),
  };
}
