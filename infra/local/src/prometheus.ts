import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK } from "./loopback.ts";
import { createProcessEngine } from "./process-engine.ts";
import { prometheusPrograms } from "./prometheus-programs.ts";
import { startServer } from "./server-process.ts";

export interface LocalPrometheusOptions {
  /** Its data, configuration and log. Made if it is not there. */
  readonly directory: string;
  /** The text of its configuration; paths in it are absolute. */
  readonly config: string;
}

/** One Prometheus, not started yet. */
export async function createLocalPrometheus({
  directory,
  config,
}: LocalPrometheusOptions): Promise<LocalEngine> {
  await mkdir(directory, { recursive: true });
  const { server } = await prometheusPrograms();
  const address = `${LOOPBACK}:${await freePort()}`;
  const configPath = join(directory, "prometheus.yml");
  await writeFile(configPath, config);
  const url = `http://${address}`;
  return createProcessEngine({
    url,
    stopSignal: "SIGTERM",
    launch: () =>
      startServer({
        name: "prometheus",
        command: server,
        args: [
          `--config.file=${configPath}`,
          `--storage.tsdb.path=${join(directory, "data")}`,
          `--web.listen-address=${address}`,
        ],
        cwd: directory,
        logPath: join(directory, "prometheus.log"),
        probe: async () => {
          const { ok, status } = await fetch(`${url}/-/ready`);
          if (!ok) throw new Error(`not ready: ${status}`);
        },
      }),
  });
}
