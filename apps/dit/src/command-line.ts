import packageJson from "../package.json" with { type: "json" };
import type { Command, CommandIo } from "./command.ts";
import { auditCommand } from "./commands/audit.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { keysCommand } from "./commands/keys.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { queryCommand } from "./commands/query.ts";
import { reidCommand } from "./commands/reid.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { upCommand } from "./commands/up.ts";
import { useCaseCommand } from "./commands/use-case.ts";
import { explainError } from "./explain-error.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  up: upCommand,
  demo: demoCommand,
  simulate: simulateCommand,
  query: queryCommand,
  doctor: doctorCommand,
  migrate: migrateCommand,
  keys: keysCommand,
  "use-case": useCaseCommand,
  reid: reidCommand,
  audit: auditCommand,
};
const HELP = ["--help", "-h"];

/** Exit codes: 0 done, 1 it did not work, 2 the command line or the configuration is wrong. */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const [name = "help", ...rest] = args;
  if (name === "--version") {
    io.out(packageJson.version);
    return 0;
  }
  const asksForHelp = name === "help" || HELP.includes(name);
  const verb = asksForHelp ? rest[0] : name;
  if (verb === undefined) return help(io);
  const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
  if (command === undefined) {
    io.err(`dit: there is no command ${JSON.stringify(verb)}; see \`dit help\``);
    return 2;
  }
  if (asksForHelp || rest.some((arg) => HELP.includes(arg))) {
    io.out(`usage: ${command.usage}\n\n${command.summary}`);
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    return explainError(error, command, io);
  }
}

function help(io: CommandIo): number {
  io.out("dit: de-identified telemetry\n");
  for (const { usage, summary } of Object.values(COMMANDS)) io.out(`  ${usage}\n      ${summary}`);
  io.out("\n  dit help COMMAND | --version");
  return 0;
}
