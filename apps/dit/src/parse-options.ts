import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "./command.ts";

/**
 * `parseArgs` of Node, with positionals. A negative number is a value, as in `--seconds -5`: whoever wrote it shall hear what the option
 * takes, and not how to write what it does not take.
 */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  return parseArgs({ args: joinNegativeNumbers(args, options), options, allowPositionals: true });
}

/** For commands whose options are all they take. */
export function refusePositionals(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is one too many`);
}

export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--${name} must be a positive number`);
  return value;
}

export function positiveInteger(name: string, text: string): number {
  const value = positiveNumber(name, text);
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${name} must be a whole number`);
  return value;
}

function joinNegativeNumbers(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? "";
    const takesValue = before.startsWith("--") && options[before.slice(2)]?.type === "string";
    if (takesValue && /^-\d/.test(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}
