import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { EdgeLimits } from "@dit/edge";

export const EDGE_CHILD_VARIABLE = "DIT_TEST_EDGE";

export interface EdgeChildSetting {
  readonly limits: Partial<EdgeLimits>;
  readonly ingestUrl: string;
  readonly edgeSecret: string;
}

export interface EdgeProcess {
  readonly port: number;
  /** After a garbage collection. */
  memory(): Promise<{ readonly rssBytes: number; readonly internalErrors: number }>;
  /** All that it printed: its log, and what crashed it. */
  output(): string;
  /** Undefined while it runs. */
  exitCode(): number | null;
  stop(): Promise<void>;
}

/** Starts an edge as a process of its own, and waits until it listens. */
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
  return {
    port: Number(new URL(url).port),
    memory() {
      const answered = answer<{ rssBytes: number; internalErrors: number }>();
      child.send("memory");
      return answered;
    },
    output: () => output,
    exitCode: () => child.exitCode,
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}
