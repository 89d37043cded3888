/** What a command may use of the outside world. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** One verb of the command line. `run` resolves with the exit code. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  run(args: string[], io: CommandIo): Promise<number>;
}

/** The command line cannot be understood: exit code 2 and the usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something is not as the command needs it: exit code 1 and this message, without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
