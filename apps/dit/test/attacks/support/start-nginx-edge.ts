import { startNginx } from "../../support/start-nginx.ts";
import { EDGE_SECRET } from "./start-ingest.ts";
import type { Surroundings } from "./surroundings.ts";

/** The edge that ships for nginx. */
export async function startNginxEdge({ cleanup }: Surroundings, ingestUrl: string): Promise<string> {
  const { url, stop } = await startNginx({
    ingestUrls: [ingestUrl],
    edgeSecret: EDGE_SECRET,
    // All attackers come from one address: the limit of rates is another test's matter.
    limits: { ratePerSecond: 1_000_000, rateBurst: 1_000_000 },
  });
  cleanup.defer(stop);
  return url;
}
