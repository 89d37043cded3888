/** What a command may use of the outside world. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The result. */
  readonly out: (line: string) => void;
  /** Everything else. */
  readonly err: (line: string) => void;
  /** How it goes: takes the place of the line before on a terminal, and is not shown too often elsewhere. */
  readonly progress: (line: string) => void;
  /**
   * Aborts at the first SIGINT or SIGTERM, or when nobody reads the output any more. Before it is asked for, these end the
   * process; after it has aborted, the next signal does.
   */
  readonly stopSignal: () => AbortSignal;
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
