import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalNginx } from "@dit/local";
import { EDGE_SECRET } from "./start-ingest.ts";
import type { Surroundings } from "./surroundings.ts";

/** The edge that ships for nginx. */
export async function startNginxEdge({ cleanup }: Surroundings, ingestUrl: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "dit-nginx-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const nginx = await createLocalNginx({
    directory,
    ingestUrls: [ingestUrl],
    edgeSecret: EDGE_SECRET,
    // All attackers come from one address: the limit of rates is another test's matter.
    limits: { ratePerSecond: 1_000_000, rateBurst: 1_000_000 },
  });
  await nginx.start();
  cleanup.defer(() => nginx.stop());
  return nginx.url;
}
