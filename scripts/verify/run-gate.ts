import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import type { Gate } from "./gates.ts";

export interface GateResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** Everything the gate printed, in order. */
  readonly output: string;
}

/** Runs one gate in `root`. A program that cannot be started is a gate that failed. */
export async function runGate({ name, command }: Gate, root: string): Promise<GateResult> {
  const [program, ...args] = command;
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  const child = spawn(program, args, {
    cwd: root,
    env: gateEnvironment(root),
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const passed = await once(child, "close").then(
    ([code]) => code === 0,
    (error: Error) => {
      chunks.push(Buffer.from(error.message));
      return false;
    },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return { name, passed, seconds, output: Buffer.concat(chunks).toString("utf8").trimEnd() };
}

/** The project's own tools first, and nothing is sent anywhere. */
function gateEnvironment(root: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
    DO_NOT_TRACK: "1",
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
  };
}
