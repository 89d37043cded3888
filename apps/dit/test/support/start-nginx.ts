import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalNginx, type LocalNginx, type LocalNginxOptions } from "@dit/local";

export interface StartedNginx {
  readonly nginx: LocalNginx;
  readonly url: string;
  /** All that it reads and writes. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts the edge that ships for nginx, in a directory that goes with it. */
export async function startNginx(options: Omit<LocalNginxOptions, "directory">): Promise<StartedNginx> {
  const directory = await mkdtemp(join(tmpdir(), "dit-nginx-"));
  const nginx = await createLocalNginx({ ...options, directory });
  await nginx.start();
  return {
    nginx,
    url: nginx.url,
    directory,
    async stop() {
      await nginx.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
