import type { CommandIo } from "../command.ts";
import { startDeployment } from "../distributed/deployment.ts";
import type { EngineChoice } from "../distributed/engine-choice.ts";
import { startPipeline } from "../pipeline/pipeline.ts";
import type { RunningPipeline } from "../pipeline/running-pipeline.ts";

/** Instances of each service, and partitions for two sinks to share. */
const COPIES = 2;
const PARTITIONS = 4;

/** A pipeline in one process or in many. */
export interface DemoPipeline extends RunningPipeline {
  /** Throws if a part of it has ended by itself, with what that said last. */
  check(): Promise<void>;
  /** What the services have said that their operator should know; empty where they say it as they run. */
  complaints(): Promise<readonly string[]>;
  peakMemoryBytes(): Promise<number>;
  stop(): Promise<unknown>;
  /** Instead of `stop`, after a failure. */
  abandon(): Promise<unknown>;
}

/** Without `engines` in this process, on embedded ones. */
export async function startDemoPipeline(
  engines: EngineChoice | undefined,
  directory: string,
  io: CommandIo,
  signal: AbortSignal,
): Promise<DemoPipeline> {
  if (engines !== undefined) {
    return await startDeployment({
      ...{ env: io.env, directory, engines, say: io.err },
      ...{ copies: COPIES, partitions: PARTITIONS, signal },
    });
  }
  const pipeline = await startPipeline({
    ...{ env: io.env, dataDirectory: directory, freePorts: true, writeLog: io.err },
  });
  return {
    ...pipeline,
    check: async () => {},
    abandon: pipeline.stop,
    complaints: async () => [],
    peakMemoryBytes: async () => process.resourceUsage().maxRSS * 1024,
  };
}
