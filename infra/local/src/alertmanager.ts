import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { alertmanagerProgram } from "./alertmanager-program.ts";
import type { LocalEngine } from "./local-engine.ts";
import { freePort, LOOPBACK } from "./loopback.ts";
import { createProcessEngine } from "./process-engine.ts";
import { startServer } from "./server-process.ts";

export interface LocalAlertmanagerOptions {
  /** Its data, configuration and log. Made if it is not there. */
  readonly directory: string;
  /** The text of its configuration; paths in it are absolute. */
  readonly config: string;
}

/** One Alertmanager with no peers, not started yet. Alerts are in its memory alone; silences, and who was notified, outlive a stop. */
export async function createLocalAlertmanager({
  directory,
  config,
}: LocalAlertmanagerOptions): Promise<LocalEngine> {
  await mkdir(directory, { recursive: true });
  const { server, workingDirectory } = await alertmanagerProgram();
  const address = `${LOOPBACK}:${await freePort()}`;
  const configPath = join(directory, "alertmanager.yml");
  await writeFile(configPath, config);
  const url = `http://${address}`;
  return createProcessEngine({
    url,
    stopSignal: "SIGTERM",
    launch: () =>
      startServer({
        name: "alertmanager",
        command: server,
        args: [
          `--config.file=${configPath}`,
          `--storage.path=${join(directory, "data")}`,
          `--web.listen-address=${address}`,
          // Nobody to agree with, and nothing to listen on beside loopback.
          "--cluster.listen-address=",
        ],
        cwd: workingDirectory,
        logPath: join(directory, "alertmanager.log"),
        probe: async () => {
          const { ok, status } = await fetch(`${url}/-/ready`);
          if (!ok) throw new Error(`not ready: ${status}`);
        },
      }),
  });
}
