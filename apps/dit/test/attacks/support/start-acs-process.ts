import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Deployment } from "./deployment.ts";

const SCRIPT = fileURLToPath(new URL("./acs-process.ts", import.meta.url));

export interface AcsProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** A third instance of ACS on a deployment's stores, in another process. */
export async function startAcsProcess(deployment: Deployment): Promise<AcsProcess> {
  const { directory, environment, clock } = deployment;
  const child = fork(SCRIPT, [directory, environment, String(clock.nowMs())], { execArgv: [] });
  const exited = once(child, "exit");
  const url = await Promise.race([
    once(child, "message").then(([message]) => String(message)),
    exited.then(([code]) => {
      throw new Error(`the ACS process ended with ${code}`);
    }),
  ]);
  return {
    url,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
