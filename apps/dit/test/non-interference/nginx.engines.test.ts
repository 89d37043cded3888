import { EDGE_SECRET } from "../support/composed-services.ts";
import { startNginx } from "../support/start-nginx.ts";
import { describeNonInterference } from "./describe-non-interference.ts";

describeNonInterference({
  startEdge: (ingestUrl) =>
    startNginx({
      ingestUrls: [ingestUrl],
      edgeSecret: EDGE_SECRET,
      limits: { ratePerSecond: 1_000_000, rateBurst: 1_000_000 },
      // Two have connections of their own to ingest, whose order is chance.
      settings: { DIT_EDGE_WORKERS: "1" },
    }),
});
