import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { type Opener, openStore } from "./opener.ts";

const ARGUMENTS_AT = 2;
const STDOUT = 1;

/** Runs a script that calls `runChild`. `lines` are what it said so far. */
export interface Child {
  readonly lines: string[];
  /** Waits until it has said so many lines. */
  said(lineCount: number): Promise<void>;
  exited(): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP: it does nothing until `goOn`. */
  freeze(): void;
  goOn(): void;
}

export function startChild(script: string, opener: Opener, task: string): Child {
  const process_ = spawn(process.execPath, [script, JSON.stringify(opener), task], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(process_, "exit");
  const output = collectLines(process_);
  return {
    lines: output.lines,
    async said(lineCount) {
      while (output.lines.length < lineCount) {
        if (process_.exitCode !== null || process_.signalCode !== null)
          throw new Error("the child ended too soon");
        await Promise.race([output.next(), exit]);
      }
    },
    async exited() {
      await exit;
      await output.ended;
    },
    async kill() {
      process_.kill("SIGKILL");
      await exit;
      await output.ended;
    },
    freeze: () => void process_.kill("SIGSTOP"),
    goOn: () => void process_.kill("SIGCONT"),
  };
}

export type ChildTask<Store> = (store: Store, say: (line: string) => void) => Promise<void>;

/**
 * In the child: opens the store it was started for, and says lines on which the parent can rely even if it is
 * killed right after.
 */
export async function runChild<Store>(tasks: Readonly<Record<string, ChildTask<Store>>>): Promise<void> {
  const [opener = "", task = ""] = process.argv.slice(ARGUMENTS_AT);
  const store = await openStore<Store>(JSON.parse(opener) as Opener);
  await tasks[task]?.(store, (line) => void writeSync(STDOUT, `${line}\n`));
}

function collectLines(child: ChildProcess): {
  lines: string[];
  next(): Promise<void>;
  ended: Promise<unknown>;
} {
  const lines: string[] = [];
  let rest = "";
  const { stdout } = child;
  if (stdout === null) throw new Error("the child's output is not piped");
  stdout.setEncoding("utf8");
  stdout.on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return { lines, next: async () => void (await once(stdout, "data")), ended: once(stdout, "close") };
}
