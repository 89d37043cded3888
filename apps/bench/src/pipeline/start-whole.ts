import { startPipeline } from "@dit/dit/pipeline";
import { BATCH_WAIT_MS, type BenchPipeline } from "./bench-pipeline.ts";

/** DIT as `pnpm start` runs it. The monitor, which takes no part in accepting, waits for the bench to end. */
export async function startWhole(directory: string): Promise<BenchPipeline> {
  const pipeline = await startPipeline({
    env: {
      DIT_SINK_BATCH_MAX_WAIT_MS: String(BATCH_WAIT_MS),
      DIT_REID_INTERVAL_MS: String(24 * 60 * 60 * 1_000),
      // The load is its own bound, on either side: it sends the next report when one is answered.
      DIT_EDGE_MIN_IN_FLIGHT_REQUESTS: "2048",
      DIT_INGEST_MIN_IN_FLIGHT_REPORTS: "2048",
    },
    dataDirectory: directory,
    freePorts: true,
    writeLog: () => undefined,
  });
  const { edgeUrl, acsUrl, identityProviderUrl } = pipeline.addresses;
  return {
    addresses: { reportsUrl: edgeUrl, acsUrl, identityProviderUrl, environment: pipeline.environment },
    pending: () => pipeline.account.pending(),
    rows: async () => (await pipeline.account.stored()).rowsInserted,
    stop: async () => void (await pipeline.stop()),
  };
}
