import { ConfigError, ProblemError } from "@dit/service-kit";
import { type Command, CommandError, type CommandIo, UsageError } from "./command.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { keysCommand } from "./commands/keys.ts";
import { queryCommand } from "./commands/query.ts";
import { upCommand } from "./commands/up.ts";
import { useCaseCommand } from "./commands/use-case.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  up: upCommand,
  demo: demoCommand,
  query: queryCommand,
  doctor: doctorCommand,
  keys: keysCommand,
  "use-case": useCaseCommand,
};

/** Exit codes: 0 done, 1 it did not work, 2 the command line or the configuration is wrong. */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const [name = "help", ...rest] = args;
  if (name === "help" || name === "--help" || name === "-h") return help(io);
  const command = COMMANDS[name];
  if (command === undefined) {
    io.err(`dit: there is no command ${JSON.stringify(name)}; see \`dit help\``);
    return 2;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    return explain(error, command, io);
  }
}

function help(io: CommandIo): number {
  io.out("dit: de-identified telemetry\n");
  for (const { usage, summary } of Object.values(COMMANDS)) io.out(`  ${usage}\n      ${summary}`);
  return 0;
}

function explain(error: unknown, command: Command, io: CommandIo): number {
  if (error instanceof UsageError || isParseArgsError(error)) {
    io.err(`dit: ${error.message}\nusage: ${command.usage}`);
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
