import { runCommand } from "./command-line.ts";
import { createTerminalIo } from "./terminal-io.ts";

process.exitCode = await runCommand(process.argv.slice(2), createTerminalIo(process));
