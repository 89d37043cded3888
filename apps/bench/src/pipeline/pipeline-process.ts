import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PipelineAddresses } from "./bench-pipeline.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

export type Question = "pending" | "rows" | "processorSeconds" | "stop";

/** A pipeline in a process of its own, so that nothing of the load is in its time. */
export interface PipelineProcess {
  readonly addresses: PipelineAddresses;
  /** One at a time. */
  ask(question: Exclude<Question, "stop">): Promise<number>;
  stop(): Promise<void>;
}

export async function startPipelineProcess(
  kind: "whole" | "plain",
  directory: string,
): Promise<PipelineProcess> {
  const child = fork(CHILD, [kind, directory]);
  const addresses = (await answerOf(child)) as PipelineAddresses;
  const ask = async (question: Question) => {
    const answer = answerOf(child);
    child.send(question);
    return (await answer) as number;
  };
  return {
    addresses,
    ask,
    async stop() {
      const ended = once(child, "exit");
      await ask("stop");
      await ended;
    },
  };
}

/** Rejects if the process ends instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const listening = new AbortController();
  try {
    const ended = once(child, "exit", listening).then(([code]) => {
      throw new Error(`a pipeline ended with ${code}`);
    });
    const [answer] = await Promise.race([once(child, "message", listening), ended]);
    return answer;
  } finally {
    listening.abort();
  }
}
