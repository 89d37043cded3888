import { ConfigError, ProblemError } from "@dit/service-kit";
import { type Command, CommandError, type CommandIo, UsageError } from "./command.ts";

/** Says what went wrong, and answers with the exit code for it. */
export function explainError(error: unknown, command: Command, io: CommandIo): number {
  if (error instanceof UsageError || isParseArgsError(error)) {
    // Node goes on to explain how an argument could begin with a dash.
    io.err(`dit: ${error.message.split(". To specify")[0]}\nusage: ${command.usage}`);
    return 2;
  }
  if (error instanceof ConfigError) {
    io.err(
      `dit: the configuration has problems:\n${error.problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
    return 2;
  }
  if (error instanceof ProblemError) {
    const problems = error.problems?.map((problem) => `\n  ${problem}`).join("") ?? "";
    io.err(`dit: refused: ${error.code}${error.detail === undefined ? "" : `: ${error.detail}`}${problems}`);
    return 1;
  }
  io.err(`dit: ${error instanceof CommandError ? error.message : describe(error)}`);
  return 1;
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.message}${cause}`;
}
