import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalNginx } from "@dit/local";
import type { EdgeChildSetting, EdgeProcess } from "./edge-process.ts";

/** What nginx says of its processes while all is well. */
const LOG_OF_A_START =
  /using the "epoll"|nginx\/|built by|OS: |getrlimit|start worker process|setrlimit\(RLIMIT_NOFILE/;

/** Starts the edge that ships for nginx. */
export async function startNginxProcess({
  limits,
  ingestUrl,
  edgeSecret,
}: EdgeChildSetting): Promise<EdgeProcess> {
  const directory = await mkdtemp(join(tmpdir(), "dit-nginx-"));
  const nginx = await createLocalNginx({ directory, edgeSecret, limits, ingestUrls: [ingestUrl] });
  await nginx.start();
  const workers = await childrenOf(nginx.pid);
  return {
    port: Number(new URL(nginx.url).port),
    async rssBytes() {
      const processes = [nginx.pid, ...(await childrenOf(nginx.pid))];
      const sizes = await Promise.all(processes.map(rssBytesOf));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    async faults() {
      const log = (await readFile(nginx.logPath, "utf8")).split("\n");
      const lines = log.filter((line) => line !== "" && !LOG_OF_A_START.test(line));
      const replaced = `${await childrenOf(nginx.pid)}` === `${workers}` ? [] : ["a worker ended"];
      return [...replaced, ...lines];
    },
    async stop() {
      await nginx.stop();
      await rm(directory, { recursive: true, force: true });
    },
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
