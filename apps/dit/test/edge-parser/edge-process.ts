import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { EdgeLimits } from "@dit/edge";

export const EDGE_CHILD_VARIABLE = "DIT_TEST_EDGE";

export interface EdgeChildMemory {
  readonly rssBytes: number;
  readonly internalErrors: number;
}

export interface EdgeChildSetting {
  readonly limits: Partial<EdgeLimits>;
  readonly ingestUrl: string;
  readonly edgeSecret: string;
}

/** An edge in processes of its own, so that its memory and its pauses are its own. */
export interface EdgeProcess {
  readonly port: number;
  /** Of all its processes. */
  rssBytes(): Promise<number>;
  /** What went wrong inside it, by its own account: a crash, a failure that it counted, a line that it logged. */
  faults(): Promise<string[]>;
  stop(): Promise<void>;
}

export type StartEdgeProcess = (setting: EdgeChildSetting) => Promise<EdgeProcess>;

/** Starts apps/edge, and waits until it listens. */
export async function startEdgeProcess(setting: EdgeChildSetting): Promise<EdgeProcess> {
  const child = fork(fileURLToPath(new URL("./edge-child.ts", import.meta.url)), {
    env: { ...process.env, [EDGE_CHILD_VARIABLE]: JSON.stringify(setting) },
    execArgv: ["--expose-gc"],
    silent: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const answer = async <T>(): Promise<T> => {
    const ended = new AbortController();
    const exited = once(child, "exit", { signal: ended.signal }).then(
      () => Promise.reject(new Error(`the edge ended:\n${output}`)),
      () => undefined,
    );
    const [message] = (await Promise.race([once(child, "message"), exited])) as [T];
    ended.abort();
    return message;
  };
  const { url } = await answer<{ url: string }>();
  const memory = (): Promise<EdgeChildMemory> => {
    const answered = answer<EdgeChildMemory>();
    child.send("memory");
    return answered;
  };
  return {
    port: Number(new URL(url).port),
    // After a garbage collection.
    rssBytes: async () => (await memory()).rssBytes,
    async faults() {
      if (child.exitCode !== null) return [`it ended with ${child.exitCode}`, output];
      const { internalErrors } = await memory();
      const failed = internalErrors > 0 ? [`${internalErrors} requests failed inside`] : [];
      return output === "" ? failed : [...failed, output];
    },
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}
