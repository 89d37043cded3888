import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { type Pipeline, startPipeline } from "@dit/dit/pipeline";
import type { BoxSample, BoxStarted } from "./box.ts";

/** Node's histogram has the whole interval between two looks: what is late is what is beyond this. */
const RESOLUTION_MS = 2;

/** `<data directory>`, in a process of its own: its event loop and its memory are the services' alone. */
const [dataDirectory = ""] = process.argv.slice(2);
const pipeline: Pipeline = await startPipeline({
  env: process.env,
  dataDirectory,
  freePorts: true,
  writeLog: (line) => process.stderr.write(`${line}\n`),
});
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let utilisation = performance.eventLoopUtilization();

/** Since the last one. */
async function sample(): Promise<BoxSample> {
  const { utilization: busyShare } = performance.eventLoopUtilization(utilisation);
  const taken: BoxSample = {
    eventLoopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
    eventLoopDelayMaxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
    busyShare,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    pendingReports: await pipeline.account.pending(),
  };
  delay.reset();
  utilisation = performance.eventLoopUtilization();
  return taken;
}

process.on("message", async (message) => {
  if (message === "sample") process.send?.(await sample());
  if (message === "stop") {
    await pipeline.stop();
    process.exit(0);
  }
});
const started: BoxStarted = { environment: pipeline.environment, addresses: pipeline.addresses };
process.send?.(started);
