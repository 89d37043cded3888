import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Pipeline } from "@dit/dit/pipeline";

const CHILD = fileURLToPath(new URL("./box-process.ts", import.meta.url));

export type BoxStarted = Pick<Pipeline, "environment" | "addresses">;

/** Of the services' process, since the last sample. */
export interface BoxSample {
  readonly eventLoopDelayP99Ms: number;
  readonly eventLoopDelayMaxMs: number;
  /** Of the time, what its event loop was not waiting. */
  readonly busyShare: number;
  readonly rssBytes: number;
  /** Since it began. */
  readonly peakRssBytes: number;
  /** In the event log, and not in the warehouse yet. */
  readonly pendingReports: number;
}

/** Every service and engine as `dit up` runs them, in one process that is not this one. */
export interface Box extends BoxStarted {
  readonly adminSecret: string;
  sample(): Promise<BoxSample>;
  stop(): Promise<void>;
}

/** Throws if it does not start. Its log goes where this process' errors go. */
export async function startBox(dataDirectory: string): Promise<Box> {
  const adminSecret = randomBytes(32).toString("hex");
  const child = fork(CHILD, [dataDirectory], {
    env: { PATH: process.env.PATH, DIT_ACS_ADMIN_SECRET: adminSecret, DIT_LOG_LEVEL: "error" },
  });
  const started = (await answer(child)) as BoxStarted;
  return {
    ...started,
    adminSecret,
    async sample() {
      const taken = answer(child);
      child.send("sample");
      return (await taken) as BoxSample;
    },
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.send("stop");
      await exited;
    },
  };
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("the services' process has ended"));
    child.once("exit", fail);
    child.once("message", (message) => {
      child.off("exit", fail);
      resolve(message);
    });
  });
}
