import type { CommandIo } from "../../src/command.ts";

/** A command's world, in memory. */
export interface TestIo extends CommandIo {
  readonly lines: string[];
  readonly errors: string[];
  /** As Ctrl-C does. */
  interrupt(): void;
}

export function createTestIo(env: CommandIo["env"] = {}): TestIo {
  const lines: string[] = [];
  const errors: string[] = [];
  const stopping = new AbortController();
  return {
    env,
    lines,
    errors,
    out: (line) => lines.push(line),
    err: (line) => errors.push(line),
    progress: (line) => errors.push(line),
    stopSignal: () => stopping.signal,
    interrupt: () => stopping.abort(),
  };
}
