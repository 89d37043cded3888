import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalNginx, type LocalNginx, type LocalNginxOptions } from "@dit/local";
import type { EdgeUnderTest, StartEdge } from "./edge-under-test.ts";

export interface NginxEdge extends EdgeUnderTest {
  readonly nginx: LocalNginx;
  readonly directory: string;
}

/** The edge that ships for nginx. Only real time passes for it. */
export async function startNginxEdge(
  options: Parameters<StartEdge>[0] & Pick<Partial<LocalNginxOptions>, "ingestUrls" | "listen" | "settings">,
): Promise<NginxEdge> {
  const directory = await mkdtemp(join(tmpdir(), "dit-edge-"));
  const nginx = await createLocalNginx({ ingestUrls: [options.ingestUrl], ...options, directory });
  await nginx.start();
  return {
    nginx,
    directory,
    url: nginx.url,
    adminUrl: nginx.adminUrl,
    async stop() {
      await nginx.stop();
      await rm(directory, { recursive: true, force: true });
    },
    pass: (durationMs) => sleep(durationMs),
    async told() {
      const metrics = await (await fetch(`${nginx.adminUrl}/metrics`)).text();
      return [metrics, ...(await writtenIn(directory))].join("\n");
    },
  };
}

/** The configuration holds the secret by its nature, and is read by nobody else. */
async function writtenIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== "nginx.conf");
  return Promise.all(files.map(({ name }) => readFile(join(directory, name), "utf8")));
}
