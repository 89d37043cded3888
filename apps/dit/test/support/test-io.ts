import type { CommandIo } from "../../src/command.ts";

/** A command's world, in memory. */
export interface TestIo extends CommandIo {
  readonly lines: string[];
  readonly errors: string[];
}

export function createTestIo(env: CommandIo["env"] = {}): TestIo {
  const lines: string[] = [];
  const errors: string[] = [];
  return { env, lines, errors, out: (line) => lines.push(line), err: (line) => errors.push(line) };
}
