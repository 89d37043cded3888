import { readFile } from "node:fs/promises";
import { startNginx } from "../support/start-nginx.ts";
import type { EdgeChildSetting, EdgeProcess } from "./edge-process.ts";

/** What nginx says of its processes while all is well; of one that ends it says that, too. */
const LOG_OF_A_START =
  /using the "epoll"|nginx\/|built by|OS: |getrlimit|start worker process|setrlimit\(RLIMIT_NOFILE/;

/** Starts the edge that ships for nginx. */
export async function startNginxProcess({
  limits,
  ingestUrl,
  edgeSecret,
}: EdgeChildSetting): Promise<EdgeProcess> {
  const { nginx, stop } = await startNginx({ edgeSecret, limits, ingestUrls: [ingestUrl] });
  return {
    port: Number(new URL(nginx.url).port),
    async rssBytes() {
      const processes = [nginx.pid, ...(await childrenOf(nginx.pid))];
      const sizes = await Promise.all(processes.map(rssBytesOf));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    async faults() {
      const log = (await readFile(nginx.logPath, "utf8")).split("\n");
      return log.filter((line) => line !== "" && !LOG_OF_A_START.test(line));
    },
    stop,
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return list.split(" ").map(Number).filter(Boolean);
}

async function rssBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
